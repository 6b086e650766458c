#include "core/train/training_control.h"

#include <chrono>

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

void TrainingControl::waitWhilePaused()
{
    constexpr std::chrono::milliseconds lookAgain{20};
    std::unique_lock lock(m_mutex);
    while (m_isPauseRequested.load() && !m_isStopRequested.load())
        m_changed.wait_for(lock, lookAgain);
}

} // namespace lora
