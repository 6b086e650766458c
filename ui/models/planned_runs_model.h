#pragma once

#include "ui/sweep/sweep_values.h"

#include <QAbstractTableModel>

namespace lora::ui {

/// The runs a sweep would make, in their order, with what each is expected to cost.
class PlannedRunsModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Label, Trainable, Compute, Time, Memory, Shares, ColumnCount };

    using QAbstractTableModel::QAbstractTableModel;

    void setLines(const std::vector<SweepLine>& lines);
    const std::vector<SweepLine>& lines() const { return m_lines; }
    double totalSeconds() const;
    double peakMemory() const;
    int sharing() const; ///< runs that share a prefix computed before

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    static QString text(const SweepLine& line, int column);
    static QString toolTip(const SweepLine& line, int column);

    std::vector<SweepLine> m_lines;
};

} // namespace lora::ui
