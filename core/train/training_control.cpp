#include "core/train/training_control.h"

#include <chrono>
#include <utility>

namespace lora {

void TrainingControl::requestStop()
{
    // No lock: a signal handler may have interrupted the very thread that holds it. waitWhilePaused looks
    // again soon.
    m_isStopRequested.store(true);
}

void TrainingControl::requestPause()
{
    m_isPauseRequested.store(true);
}

void TrainingControl::requestResume()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isPauseRequested.store(false);
    }
    m_changed.notify_all();
}

void TrainingControl::waitWhilePaused(LanguageModel<float>* model)
{
    constexpr std::chrono::milliseconds lookAgain{20};
    std::unique_lock lock(m_mutex);
    m_takesJobs = model != nullptr;
    while (m_isPauseRequested.load() && !m_isStopRequested.load()) {
        if (m_jobs.empty()) {
            m_changed.wait_for(lock, lookAgain);
            continue;
        }
        const ModelJob job = std::move(m_jobs.front());
        m_jobs.pop_front();
        lock.unlock();
        job(*model);
        lock.lock();
    }
    m_takesJobs = false;
    const std::deque<ModelJob> dropped = std::exchange(m_jobs, {});
    lock.unlock(); // before what is dropped tells those who wait for it
}

bool TrainingControl::whilePaused(ModelJob job)
{
    {
        const std::lock_guard lock(m_mutex);
        if (!m_takesJobs)
            return false;
        m_jobs.push_back(std::move(job));
    }
    m_changed.notify_all();
    return true;
}

} // namespace lora
