#include "app/session/training_worker.h"

#include "core/base/error.h"

#include <exception>

namespace lora::app {

namespace {

/// Puts every call of the training side into the mailbox.
class MailingObserver : public TrainingObserver
{
public:
    explicit MailingObserver(MetricsMailbox& mailbox)
        : m_mailbox(mailbox)
    {}

    void onStart(const RunStart& start) override
    {
        m_mailbox.post([&](RunUpdate& update) { update.start = start; });
    }
    void onStep(const StepMetrics& metrics) override
    {
        m_mailbox.post([&](RunUpdate& update) { update.steps.push_back(metrics); });
    }
    void onEvaluationProgress(std::int64_t done, std::int64_t total) override
    {
        m_mailbox.post([&](RunUpdate& update) { update.progress = {done, total}; });
    }
    void onPrefixProgress(std::int64_t done, std::int64_t total) override
    {
        m_mailbox.post([&](RunUpdate& update) { update.prefixProgress = {done, total}; });
    }
    void onEvaluation(const EvalMetrics& metrics) override
    {
        m_mailbox.post([&](RunUpdate& update) { update.evaluations.push_back(metrics); });
    }
    void onPause(bool isPaused) override
    {
        m_mailbox.post([&](RunUpdate& update) { update.isPaused = isPaused; });
    }
    void onMessage(const std::string& message) override
    {
        m_mailbox.post([&](RunUpdate& update) { update.messages.push_back(message); });
    }
    void onEnd(const RunOutcome&) override
    {
        // Not the outcome yet: the run's folder is still being completed.
        m_mailbox.post([](RunUpdate& update) { update.isTrainingOver = true; });
    }

private:
    MetricsMailbox& m_mailbox;
};

RunOutcome failedOutcome(const std::string& message, const std::string& hint)
{
    RunOutcome outcome;
    outcome.status = RunStatus::Failed;
    outcome.message = message;
    outcome.hint = hint;
    return outcome;
}

RunOutcome outcomeOf(const RunFunction& run, const RunRequest& request, TrainingObserver& observer,
                     TrainingControl& control)
{
    try {
        return run(request, observer, control);
    } catch (const Error& error) {
        return failedOutcome(error.what(), error.hint());
    } catch (const std::exception& error) {
        return failedOutcome(error.what(),
                             "This is a fault of the program; please report it with the run's folder.");
    }
}

} // namespace

TrainingWorker::TrainingWorker(RunFunction run, RunRequest request, std::shared_ptr<MetricsMailbox> mailbox)
    : m_thread([this, run = std::move(run), request = std::move(request), mailbox = std::move(mailbox)] {
        MailingObserver observer(*mailbox);
        RunOutcome outcome = outcomeOf(run, request, observer, m_control);
        mailbox->post([&](RunUpdate& update) { update.outcome = std::move(outcome); });
    })
{}

TrainingWorker::~TrainingWorker()
{
    m_control.requestStop();
}

} // namespace lora::app
