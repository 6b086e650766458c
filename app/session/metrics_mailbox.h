#pragma once

#include "app/session/run_id.h"
#include "core/train/run_outcome.h"
#include "core/train/step_metrics.h"
#include "core/train/training_observer.h"

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lora::app {

/// What a run has told since it was last asked: every number of every step, and of all else the latest.
struct RunUpdate
{
    struct Progress
    {
        std::int64_t done = 0;
        std::int64_t total = 0;
    };

    RunId run = RunId::None;
    std::optional<RunStart> start;
    std::vector<StepMetrics> steps;
    std::vector<EvalMetrics> evaluations;
    std::optional<Progress> progress;       ///< of an evaluation
    std::optional<Progress> prefixProgress; ///< of the frozen layers' only run
    std::optional<bool> isPaused;
    std::vector<std::string> messages;
    bool isTrainingOver = false;       ///< the last step is done; results are being written
    std::optional<RunOutcome> outcome; ///< the run is over and its folder complete
};

/// Where the training thread leaves its news and the window fetches them. However much is posted, at most one
/// wake-up is under way, so a busy training cannot flood the window's event queue, and a stalled window costs
/// the training nothing but the memory of the numbers.
class MetricsMailbox
{
public:
    /// `wake` is called on the posting thread, once until the next take(). It must not call back into the
    /// mailbox.
    explicit MetricsMailbox(RunId run, std::function<void()> wake)
        : m_run(run)
        , m_wake(std::move(wake))
    {
        m_pending.run = run;
    }

    /// `edit` gets the pending update and adds to it.
    template <class Edit>
    void post(Edit edit)
    {
        {
            const std::lock_guard lock(m_mutex);
            edit(m_pending);
            if (std::exchange(m_isWakeUnderWay, true))
                return;
        }
        m_wake();
    }

    RunUpdate take()
    {
        const std::lock_guard lock(m_mutex);
        m_isWakeUnderWay = false;
        RunUpdate update;
        update.run = m_run;
        std::swap(update, m_pending);
        return update;
    }

private:
    const RunId m_run;
    const std::function<void()> m_wake;
    std::mutex m_mutex;
    RunUpdate m_pending;
    bool m_isWakeUnderWay = false;
};

} // namespace lora::app
