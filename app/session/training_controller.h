#pragma once

#include "app/session/metrics_mailbox.h"
#include "app/session/sweep_task.h"
#include "app/session/training_worker.h"
#include "ui/run_state.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace lora::app {

/// Starts, pauses and stops runs, one at a time or those of a sweep one after the other, and tells the window
/// about them in signals of values. Lives on the window's thread and alone knows the state. News arrive at
/// most 20 times a second.
///
///   Idle -start-> Preparing -first news-> Running <-pause, resume-> Paused
///   Preparing, Running, Paused -stop-> Stopping -outcome-> Idle; also directly to Idle when a run ends by
///   itself; between the runs of a sweep to Preparing instead
class TrainingController : public QObject
{
    Q_OBJECT

public:
    explicit TrainingController(RunFunction run, QObject* parent = nullptr);
    /// Stops a run still under way and waits until its folder is complete.
    ~TrainingController() override;

    ui::RunState state() const { return m_state; }
    RunId runId() const { return m_runId; }

    /// False while another run is under way.
    bool start(const RunRequest& request);
    /// Makes the runs of a sweep that are left. A diverged one is a result and the sweep goes on; a stopped
    /// or failed one ends it. False while a run is under way or where nothing is left.
    bool startSweep(SweepTask task);
    /// The same for several, one after the other; sweepEnded tells of all of them together.
    bool startSweeps(std::vector<SweepTask> tasks);
    void pause();
    void resume();
    void stop();
    void requestCheckpoint();
    /// Has the training thread run `job` on the model; false unless the run is paused.
    bool whilePaused(TrainingControl::ModelJob job);
    /// News of a run; those of any run but the present one are dropped.
    void receive(const RunUpdate& update);

signals:
    void stateChanged(lora::ui::RunState state);
    /// What the run is busy with besides steps; empty: nothing.
    void activityChanged(const QString& text);
    void started(const lora::RunStart& start, const lora::ExperimentConfig& experiment,
                 const QString& runFolder);
    void stepsArrived(const std::vector<lora::StepMetrics>& steps);
    void evaluationArrived(const lora::EvalMetrics& metrics);
    void evaluationProgressed(qint64 done, qint64 total);
    void messageArrived(const QString& text);
    void ended(const lora::RunOutcome& outcome, const QString& runFolder);
    /// Before each run of a sweep.
    void sweepAdvanced(const lora::ui::SweepPosition& position);
    /// After the last, before the state becomes Idle.
    void sweepEnded(const lora::ui::SweepOutcome& outcome);

private:
    struct SweepUnderWay
    {
        std::vector<SweepTask> tasks;
        std::size_t task = 0;
        std::size_t next = 0; ///< index into that task's runs of the run after the present one
        std::optional<SweepCaches> caches;
        int done = 0;
        int diverged = 0;

        /// Goes to the task of the next run; false: there is none.
        bool findNext();
    };

    /// Called by its name through the event queue, which so carries nothing of ours: what crosses is in the
    /// mailbox.
    Q_INVOKABLE void wake();
    void drain();
    void finish(const RunOutcome& outcome);
    void begin(const RunFunction& run);
    void beginPlannedRun();
    bool goesOnAfter(const RunOutcome& outcome);
    void endSweep(RunStatus status);
    void setState(ui::RunState state);

    RunFunction m_run;
    ui::RunState m_state = ui::RunState::Idle;
    RunId m_runId = RunId::None;
    RunRequest m_request;
    std::optional<SweepUnderWay> m_sweep;
    QElapsedTimer m_sinceDrain;
    QTimer m_drainTimer;
    std::shared_ptr<MetricsMailbox> m_mailbox;
    std::unique_ptr<TrainingWorker> m_worker;
};

} // namespace lora::app
