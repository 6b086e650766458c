#pragma once

#include "ui/models/run_table_model.h"
#include "ui/pages/comparison_values.h"

#include <QWidget>

#include <array>
#include <map>
#include <set>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QTableView;

namespace lora::ui {

class BarChart;
class TimeSeriesPlot;

/// Runs side by side: the table, the checked runs' curves, what they cost against full fine-tuning, and
/// quality against cost. A full run among the checked ones is a measured baseline; else the runs' own ledger
/// gives an estimated one.
class ComparePage : public QWidget
{
    Q_OBJECT

public:
    explicit ComparePage(QWidget* parent = nullptr);

    void setRuns(const std::vector<RunRecordPtr>& runs);
    RunTableModel& table() { return *m_model; }
    /// The answer to conclusionRequested; one that comes too late is dropped.
    void setConclusion(const ComparisonConclusion& conclusion);
    QString conclusion() const;
    TimeSeriesPlot& quality() { return *m_scatter; }
    /// Shows quality over this; for tests and pictures.
    void setQualityAxis(int index);
    std::array<BarChart*, 4> bars() const { return m_bars; }

signals:
    /// Two or more runs are checked: what do they say about each other?
    void conclusionRequested(const std::vector<std::shared_ptr<const lora::RunRecord>>& runs);
    void refreshRequested();
    void exportRequested(const QString& runFolder, const QString& targetFolder);
    void openFolderRequested(const QString& folder);
    void settingsRequested(const lora::ExperimentConfig& experiment);
    void problem(const QString& what, const QString& hint);

protected:
    void changeEvent(QEvent* event) override;

private:
    enum class XAxis { Step, Epoch, Time, Flops };
    enum class Cost { Rank, Trainable, Compute, Memory, Time };
    struct CostPoint
    {
        double cost = 0;
        double quality = 0;
    };

    void createTable();
    void createCharts();
    void createActions();
    void buildLayout();
    void connectSignals();
    RunRecordPtr currentRun() const;
    void showVaryingColumns();
    void refreshActions();
    void refreshMetrics();
    void refreshCurves();
    void addCurve(const RunRecord& run, int dash);
    void refreshBars();
    void askForConclusion();
    void refreshScatter();
    void refreshRanks(const std::vector<RunRecordPtr>& runs, const std::string& quality);
    void addRankLine(const std::vector<RunRecordPtr>& runs, const QString& name, int dash);
    void addFront(const std::vector<CostPoint>& points, const std::string& quality);
    std::optional<std::pair<double, double>> intervalOf(const std::vector<RunRecordPtr>& runs) const;
    std::string qualityOf(const std::vector<std::shared_ptr<const RunRecord>>& runs) const;
    void chooseColumns(const QPoint& position);
    void exportCurrent();
    std::map<QString, int> dashOfTargets(const std::vector<RunRecordPtr>& runs) const;
    double xOf(const RunRecord& run, double step, double epoch, double seconds) const;

    RunTableModel* m_model;
    RunFilterModel* m_filtered;
    QTableView* m_view;
    QLabel* m_empty;
    QLineEdit* m_filter;
    QPushButton* m_refresh;
    QPushButton* m_export;
    QPushButton* m_folder;
    QPushButton* m_use;
    QComboBox* m_metric;
    QComboBox* m_xAxis;
    QComboBox* m_cost;
    TimeSeriesPlot* m_curves;
    TimeSeriesPlot* m_scatter;
    std::array<BarChart*, 4> m_bars{};
    QLabel* m_sentence;
    ComparisonConclusion m_conclusion;
    std::set<int> m_chosenColumns; ///< shown or hidden by the user
};

} // namespace lora::ui
