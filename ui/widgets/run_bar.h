#pragma once

#include "core/train/run_outcome.h"
#include "core/train/step_metrics.h"
#include "core/train/training_observer.h"
#include "ui/run_state.h"

#include <QWidget>

#include <vector>

class QLabel;
class QProgressBar;
class QToolButton;

namespace lora::ui {

/// The running experiment at the window's top: name, progress, step, loss, time left, Pause and Stop. Hidden
/// until the first run.
class RunBar : public QWidget
{
    Q_OBJECT

public:
    explicit RunBar(QWidget* parent = nullptr);

    void setRun(const RunStart& start, const QString& name);
    void addSteps(const std::vector<StepMetrics>& steps);
    void setEvaluationProgress(qint64 done, qint64 total);
    void setState(RunState state);
    /// Which run of a sweep comes next: "run 3 of 8"; empty: none of a sweep.
    void setSweep(const QString& position);
    /// What is said of the sweep that has ended, in place of its last run.
    void setSweepOutcome(const QString& name, const QString& text);
    void setActivity(const QString& text);
    void setOutcome(const RunOutcome& outcome);
    /// Seconds left, from the mean of the recent steps; negative while unknown.
    double secondsLeft() const;

signals:
    void pauseRequested();
    void resumeRequested();
    void stopRequested();

protected:
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void createWidgets();
    void buildLayout();
    void refreshText();
    void refreshButtons();
    QString outcomeText() const;
    QString named(const QString& name) const;

    QLabel* m_name;
    QLabel* m_status;
    QProgressBar* m_progress;
    QToolButton* m_pause;
    QToolButton* m_stop;
    RunStart m_start;
    RunState m_state = RunState::Idle;
    RunOutcome m_outcome;
    bool m_hasOutcome = false;
    QString m_activity;
    QString m_sweep;                   ///< "run 3 of 8"
    QString m_sweepOutcome;            ///< shown alone
    std::vector<StepMetrics> m_recent; ///< the last hundred steps, for the speed
};

} // namespace lora::ui
