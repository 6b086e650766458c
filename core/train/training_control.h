#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace lora {

template <class T>
class LanguageModel;

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
    /// Blocks while a pause is requested; returns at once when a stop is. With a model, answers questions
    /// about it meanwhile, see whilePaused.
    void waitWhilePaused(LanguageModel<float>* model = nullptr);

    using ModelJob = std::function<void(LanguageModel<float>&)>;
    /// Has the thread that waits run `job` on its model; the job must leave the model as it was and must not
    /// throw. False when no thread waits with a model. A job not begun before the pause ends is destroyed
    /// without being run.
    bool whilePaused(ModelJob job);

private:
    std::atomic<bool> m_isStopRequested = false;
    std::atomic<bool> m_isPauseRequested = false;
    std::atomic<bool> m_isCheckpointRequested = false;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_takesJobs = false;
    std::deque<ModelJob> m_jobs;
};

} // namespace lora
