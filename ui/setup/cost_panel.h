#pragma once

#include "core/config/experiment_config.h"
#include "core/cost/cost_report.h"
#include "ui/run_state.h"
#include "ui/setup/measured_cost.h"

#include <QWidget>

#include <array>
#include <optional>

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace lora::ui {

class AccentButton;
class CostBar;
class ExperimentEditor;
class MutedLabel;
class SavingsChart;

/// The answer, live with every click: what this configuration costs beside full fine-tuning of the same model
/// on the same data, and where the saving comes from. Estimates carry "≈". Below it the one next action.
class CostPanel : public QWidget
{
    Q_OBJECT

public:
    explicit CostPanel(ExperimentEditor& editor, QWidget* parent = nullptr);

    void setReport(const CostReport& report);
    void clearReport(const QString& reason);
    void setRunState(RunState state);
    void setMeasureProgress(qint64 done, qint64 total);
    /// Takes the estimates' place until the experiment changes; dropped when it already has.
    void setMeasured(const ExperimentConfig& experiment, const MeasuredCost& cost);
    void setMeasureEnd();
    bool isMeasuring() const { return m_measuring.has_value(); }
    QPushButton* measureButton() const { return m_measure; }
    /// Why Start is disabled; empty when it is enabled.
    QString blockingReason() const;
    /// Everything the panel says, line by line; for accessibility and tests.
    QString text() const;

signals:
    void measureRequested(const lora::ExperimentConfig& experiment);
    void measureStopRequested();
    void startRequested();
    void sweepRequested();
    void copyCommandRequested();
    void saveRequested();
    void openRequested();

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    void createWidgets();
    void buildLayout();
    void connectSignals();
    void refreshStart();
    void setBars(const CostReport& report);
    void showReport();
    void toggleMeasuring();
    void refreshMeasure();
    void forgetMeasurement();

    ExperimentEditor& m_editor;
    std::array<CostBar*, 4> m_bars{};
    SavingsChart* m_savings;
    QLabel* m_savingsTitle;
    MutedLabel* m_adapter;
    MutedLabel* m_note;
    AccentButton* m_start;
    QPushButton* m_sweep;
    MutedLabel* m_reason;
    QWidget* m_links;
    QPushButton* m_measure;
    std::optional<CostReport> m_report;
    std::optional<ExperimentConfig> m_measuring; ///< under way, as asked
    std::optional<ExperimentConfig> m_measuredFor;
    std::optional<MeasuredCost> m_measured;
    RunState m_state = RunState::Idle;
};

} // namespace lora::ui
