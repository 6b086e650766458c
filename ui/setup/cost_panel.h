#pragma once

#include "core/cost/cost_report.h"
#include "ui/run_state.h"

#include <QWidget>

#include <array>

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
    /// Why Start is disabled; empty when it is enabled.
    QString blockingReason() const;
    /// Everything the panel says, line by line; for accessibility and tests.
    QString text() const;

signals:
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
    RunState m_state = RunState::Idle;
};

} // namespace lora::ui
