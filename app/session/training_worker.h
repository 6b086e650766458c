#pragma once

#include "app/session/metrics_mailbox.h"
#include "core/experiment/experiment_runner.h"

#include <functional>
#include <memory>
#include <thread>

namespace lora::app {

/// What trains: lora::runExperiment, or in tests something quicker.
using RunFunction = std::function<RunOutcome(const RunRequest&, TrainingObserver&, TrainingControl&)>;

/// One run on a thread of its own, from construction on. News go to the mailbox, the outcome last; what the
/// run throws becomes a failed outcome. Destroying it asks the run to stop and waits for it: a step, a
/// checkpoint, the thread.
class TrainingWorker
{
public:
    TrainingWorker(RunFunction run, RunRequest request, std::shared_ptr<MetricsMailbox> mailbox);
    ~TrainingWorker();
    TrainingWorker(const TrainingWorker&) = delete;
    TrainingWorker& operator=(const TrainingWorker&) = delete;

    TrainingControl& control() { return m_control; }

private:
    TrainingControl m_control;
    std::jthread m_thread; ///< last: ends before what it uses
};

} // namespace lora::app
