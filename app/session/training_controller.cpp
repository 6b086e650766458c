#include "app/session/training_controller.h"

#include <algorithm>

namespace lora::app {

using ui::RunState;

namespace {

constexpr int drainMilliseconds = 50;

QString textOf(const std::filesystem::path& path)
{
    return QString::fromStdString(path.string());
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
    m_runId = RunId{static_cast<std::uint64_t>(m_runId) + 1};
    m_request = request;
    m_mailbox = std::make_shared<MetricsMailbox>(m_runId, [this] {
        // On the training thread; the worker, and with it this call, ends before the controller does.
        QMetaObject::invokeMethod(this, "wake", Qt::QueuedConnection);
    });
    setState(RunState::Preparing);
    emit activityChanged(tr("Loading the model and the data"));
    m_worker = std::make_unique<TrainingWorker>(m_run, request, m_mailbox);
    return true;
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
    setState(RunState::Idle);
}

void TrainingController::setState(RunState state)
{
    if (m_state == state)
        return;
    m_state = state;
    emit stateChanged(state);
}

} // namespace lora::app
