#pragma once

#include "core/runs/run_record.h"

#include <QAbstractTableModel>
#include <QPalette>
#include <QSortFilterProxyModel>

#include <memory>
#include <set>
#include <vector>

namespace lora::ui {

using RunRecordPtr = std::shared_ptr<const RunRecord>;

/// What a run's targets are called in a table: "query, value", "all-linear", "query, value; layers 2–3".
QString targetsLabel(const MethodConfig& method);
/// "LoRA", "DoRA" and other variants, "full", "head", "BitFit".
QString methodLabel(const MethodConfig& method);
/// The run's result in its primary metric: best where kept, else final; unset while there is none.
std::optional<double> primaryResult(const RunRecord& run);

/// All runs with settings and results, newest first. Checked runs are overlaid. Settings in which the checked
/// runs differ stand out in bold; those they share step back.
class RunTableModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column {
        Name,
        Method,
        Rank,
        Targets,
        Model,
        Data,
        LearningRate,
        Epochs,
        Seed,
        Trainable,
        Compute,
        Memory,
        Time,
        Result,
        Outcome,
        Started,
        ColumnCount
    };
    enum Role { SortRole = Qt::UserRole, RunIndexRole };

    using QAbstractTableModel::QAbstractTableModel;

    void setRuns(const std::vector<RunRecordPtr>& runs);
    const std::vector<RunRecordPtr>& runs() const { return m_runs; }
    std::vector<RunRecordPtr> checkedRuns() const;
    void setChecked(int row, bool isChecked);
    /// Checks these runs' folders and no others, also those that come later.
    void checkOnly(const QStringList& folders);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;
    Qt::ItemFlags flags(const QModelIndex& index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

signals:
    void checkedChanged();

private:
    QString text(const RunRecord& run, int column) const;
    QVariant sortValue(const RunRecord& run, int column) const;
    QString toolTip(const RunRecord& run, int column) const;
    bool isSetting(int column) const { return column >= Method && column <= Seed; }
    void findDifferences();

    std::vector<RunRecordPtr> m_runs;
    std::set<std::string> m_checked; ///< folders
    std::set<std::string> m_known;   ///< folders seen before: only new runs are checked on their own
    std::set<int> m_differing;
};

/// Sorts by value, not by text, and keeps rows any of whose cells contains every word of the filter.
class RunFilterModel : public QSortFilterProxyModel
{
    Q_OBJECT

public:
    explicit RunFilterModel(QObject* parent = nullptr);
    void setWords(const QString& words);

protected:
    bool filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const override;
    bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

private:
    QStringList m_words;
};

} // namespace lora::ui
