#include "app/session/training_controller.h"

#include <algorithm>
#include <utility>

namespace lora::app {

using ui::RunState;

namespace {

constexpr int drainMilliseconds = 50;

QString textOf(const std::filesystem::path& path)
{
    return QString::fromStdString(path.string());
}

QString resolvedText(const std::filesystem::path& path)
{
    std::error_code error;
    const std::filesystem::path resolved = std::filesystem::weakly_canonical(path, error);
    return textOf(error ? path : resolved);
}

} // namespace

TrainingController::TrainingController(RunFunction run, QObject* parent)
    : QObject(parent)
    , m_run(std::move(run))
{
    m_drainTimer.setSingleShot(true);
    connect(&m_drainTimer, &QTimer::timeout, this, &TrainingController::drain);
}

TrainingController::~TrainingController()
{
    // While this is still a whole object: the training thread's last wake-ups are addressed to it.
    m_worker.reset();
}

bool TrainingController::start(const RunRequest& request)
{
    if (m_state != RunState::Idle)
        return false;
    m_request = request;
    begin(m_run);
    return true;
}

void TrainingController::begin(const RunFunction& run)
{
    m_runId = RunId{static_cast<std::uint64_t>(m_runId) + 1};
    m_mailbox = std::make_shared<MetricsMailbox>(m_runId, [this] {
        // On the training thread; the worker, and with it this call, ends before the controller does.
        QMetaObject::invokeMethod(this, "wake", Qt::QueuedConnection);
    });
    setState(RunState::Preparing);
    emit activityChanged(tr("Loading the model and the data"));
    m_worker = std::make_unique<TrainingWorker>(run, m_request, m_mailbox);
}

bool TrainingController::startSweep(SweepTask task)
{
    std::vector<SweepTask> tasks;
    tasks.push_back(std::move(task));
    return startSweeps(std::move(tasks));
}

bool TrainingController::startSweeps(std::vector<SweepTask> tasks)
{
    if (m_state != RunState::Idle)
        return false;
    SweepUnderWay coming;
    for (const SweepTask& task : tasks)
        coming.done += static_cast<int>(task.sweep->plan.runs.size() - task.runs.size());
    coming.tasks = std::move(tasks);
    if (!coming.findNext())
        return false;
    m_sweep.emplace(std::move(coming));
    beginPlannedRun();
    return true;
}

bool TrainingController::SweepUnderWay::findNext()
{
    while (task < tasks.size() && next == tasks[task].runs.size()) {
        ++task;
        next = 0;
        caches.reset(); // lets go of what the task before kept
    }
    return task < tasks.size();
}

void TrainingController::beginPlannedRun()
{
    m_request = {}; // lets go of a cache the next run cannot share
    const SweepTask& task = m_sweep->tasks[m_sweep->task];
    const std::shared_ptr<const Sweep> sweep = task.sweep;
    const std::size_t index = task.runs[m_sweep->next++];
    const PlannedRun& planned = sweep->plan.runs[index];
    if (!m_sweep->caches)
        m_sweep->caches.emplace(task.budget, task.sharing);
    m_request.experiment = planned.experiment;
    m_request.runFolder = sweep->runFolder(index);
    m_request.prefixCache = m_sweep->caches->of(planned);
    emit sweepAdvanced({static_cast<int>(index) + 1, static_cast<int>(sweep->plan.runs.size()),
                        QString::fromStdString(planned.label), task.title, task.reproduction});
    // What lies in the run's folder is looked at on the training thread.
    begin([run = m_run, sweep, index](const RunRequest& request, TrainingObserver& observer,
                                      TrainingControl& control) {
        return run(requestFor(*sweep, index, request.prefixCache), observer, control);
    });
}

void TrainingController::pause()
{
    if (m_state != RunState::Running)
        return;
    m_worker->control().requestPause();
    emit activityChanged(tr("Pausing after this step"));
}

void TrainingController::resume()
{
    // Running too: a pause may be asked for and not yet reached.
    if (m_state == RunState::Paused || m_state == RunState::Running)
        m_worker->control().requestResume();
}

void TrainingController::stop()
{
    if (m_state == RunState::Idle || m_state == RunState::Stopping)
        return;
    m_worker->control().requestStop();
    setState(RunState::Stopping);
    emit activityChanged(tr("Finishing the step and writing a checkpoint"));
}

void TrainingController::requestCheckpoint()
{
    if (m_worker)
        m_worker->control().requestCheckpoint();
}

bool TrainingController::whilePaused(TrainingControl::ModelJob job)
{
    return m_worker && m_worker->control().whilePaused(std::move(job));
}

void TrainingController::wake()
{
    if (!m_mailbox || m_drainTimer.isActive())
        return;
    const qint64 elapsed = m_sinceDrain.isValid() ? m_sinceDrain.elapsed() : drainMilliseconds;
    m_drainTimer.start(static_cast<int>(std::max<qint64>(0, drainMilliseconds - elapsed)));
}

void TrainingController::drain()
{
    if (!m_mailbox)
        return;
    m_sinceDrain.start();
    receive(m_mailbox->take());
}

void TrainingController::receive(const RunUpdate& update)
{
    if (update.run != m_runId || !m_worker)
        return;
    if (update.start) {
        if (m_state == RunState::Preparing) {
            setState(RunState::Running);
            emit activityChanged({});
        }
        emit started(*update.start, m_request.experiment, textOf(m_request.runFolder));
    }
    // Everything to be shown comes before the state it led to.
    if (!update.steps.empty())
        emit stepsArrived(update.steps);
    for (const EvalMetrics& metrics : update.evaluations)
        emit evaluationArrived(metrics);
    if (const auto& prefix = update.prefixProgress)
        emit activityChanged(
            prefix->done < prefix->total
                ? tr("Running the frozen layers, %1 of %2").arg(prefix->done).arg(prefix->total)
                : QString());
    if (update.progress)
        emit evaluationProgressed(update.progress->done, update.progress->total);
    for (const std::string& message : update.messages)
        emit messageArrived(QString::fromStdString(message));
    if (update.isPaused && (m_state == RunState::Running || m_state == RunState::Paused)) {
        setState(*update.isPaused ? RunState::Paused : RunState::Running);
        emit activityChanged({});
    }
    if (update.isTrainingOver && !update.outcome)
        emit activityChanged(tr("Writing the results"));
    if (update.outcome)
        finish(*update.outcome);
}

void TrainingController::finish(const RunOutcome& outcome)
{
    // The outcome is the thread's last word, so this waits for no more than its return.
    m_worker.reset();
    m_mailbox.reset();
    emit activityChanged({});
    emit ended(outcome, textOf(m_request.runFolder));
    if (m_sweep && goesOnAfter(outcome))
        return beginPlannedRun();
    if (m_sweep)
        endSweep(outcome.status);
    m_request = {};
    setState(RunState::Idle);
}

bool TrainingController::goesOnAfter(const RunOutcome& outcome)
{
    const bool isResult = outcome.status == RunStatus::Completed || outcome.status == RunStatus::Diverged;
    m_sweep->done += isResult ? 1 : 0;
    m_sweep->diverged += outcome.status == RunStatus::Diverged ? 1 : 0;
    return isResult && m_state != RunState::Stopping && m_sweep->findNext();
}

void TrainingController::endSweep(RunStatus status)
{
    ui::SweepOutcome outcome;
    for (const SweepTask& task : m_sweep->tasks) {
        outcome.count += static_cast<int>(task.sweep->plan.runs.size());
        for (std::size_t run = 0; run < task.sweep->plan.runs.size(); ++run)
            outcome.runFolders += resolvedText(task.sweep->runFolder(run));
    }
    if (m_sweep->done == outcome.count)
        outcome.status = RunStatus::Completed;
    else // stopped in the very moment a run completed
        outcome.status = status == RunStatus::Failed ? status : RunStatus::Stopped;
    const SweepTask& first = m_sweep->tasks.front();
    outcome.name = first.reproduction.isEmpty() ? QString::fromStdString(first.sweep->plan.name)
                                                : tr("The article's claims");
    outcome.folder = textOf(first.sweep->folder);
    outcome.reproduction = first.reproduction;
    outcome.done = m_sweep->done;
    outcome.diverged = m_sweep->diverged;
    m_sweep.reset();
    emit sweepEnded(outcome);
}

void TrainingController::setState(RunState state)
{
    if (m_state == state)
        return;
    m_state = state;
    emit stateChanged(state);
}

} // namespace lora::app
