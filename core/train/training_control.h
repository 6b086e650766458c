#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace lora {

/// The requests a window or a signal handler may make of a running training; all are honoured within one
/// step. Safe to use from any thread.
class TrainingControl
{
public:
    void requestStop();
    void requestPause();
    void requestResume();
    void requestCheckpoint() { m_isCheckpointRequested.store(true); }

    bool isStopRequested() const { return m_isStopRequested.load(); }
    bool isPauseRequested() const { return m_isPauseRequested.load(); }
    /// True once for each request.
    bool takeCheckpointRequest() { return m_isCheckpointRequested.exchange(false); }
    /// Blocks while a pause is requested; returns at once when a stop is.
    void waitWhilePaused();

private:
    std::atomic<bool> m_isStopRequested = false;
    std::atomic<bool> m_isPauseRequested = false;
    std::atomic<bool> m_isCheckpointRequested = false;
    std::mutex m_mutex;
    std::condition_variable m_changed;
};

} // namespace lora
