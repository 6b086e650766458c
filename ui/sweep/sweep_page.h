#pragma once

#include "core/models/model_summary.h"
#include "ui/run_state.h"
#include "ui/sweep/sweep_values.h"

#include <QWidget>

class QLabel;
class QSettings;
class QTimer;
class QToolButton;

namespace lora::ui {

class AccentButton;
class ExperimentEditor;
class MutedLabel;
class PlannedRunsModel;
class PlannedRunsView;
class SweepForm;

/// Plans a sweep over the experiment of Setup: its axes at the left, the runs they make with their costs at
/// the right, live. Asks for plans only while it is shown.
class SweepPage : public QWidget
{
    Q_OBJECT

public:
    explicit SweepPage(ExperimentEditor& editor, QWidget* parent = nullptr);

    SweepForm& form() { return *m_form; }
    PlannedRunsModel& runs() const;
    AccentButton& startButton() { return *m_start; }
    void setModel(const ModelSummary& model);
    /// Answers to earlier questions are dropped.
    void setPlan(const PlannedSweep& plan);
    void setRunState(RunState state);
    /// As the button does.
    void start();
    /// A sweep asked for did not begin.
    void setNotStarted();
    /// Why Start is disabled; empty when it is enabled.
    QString blockingReason() const;
    /// What stands below the table.
    QString totals() const;
    QString problems() const;

signals:
    void planRequested(const lora::ui::SweepQuestion& question);
    void startRequested(const lora::ui::SweepQuestion& question);
    void copyCommandRequested(const QStringList& arguments);
    void closeRequested();

protected:
    void showEvent(QShowEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void createWidgets();
    void buildLayout();
    QWidget* buildHeader();
    QWidget* buildRuns();
    void connectSignals();
    void planSoon();
    void plan();
    void refreshStart();
    void refreshTexts();

    ExperimentEditor& m_editor;
    SweepQuestion m_question; ///< the latest
    PlannedSweep m_plan;      ///< the latest answer to it
    RunState m_state = RunState::Idle;
    bool m_isStarting = false;
    QTimer* m_delay;
    SweepForm* m_form;
    PlannedRunsView* m_view;
    QToolButton* m_back;
    QToolButton* m_copy;
    QLabel* m_about;
    QLabel* m_totals;
    MutedLabel* m_problems;
    AccentButton* m_start;
};

} // namespace lora::ui
