#pragma once

#include "core/base/error.h"

#include <QObject>
#include <QString>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

namespace lora::app {

/// A thread for one kind of slow work (reading a data set, describing a model). Work runs there, its result
/// is handed over on the thread the lane lives on. Lanes of LatestWins skip work that has been replaced and
/// drop results that come too late; lanes of InOrder do everything they were given.
class JobLane : public QObject
{
    Q_OBJECT

public:
    enum class Policy { LatestWins, InOrder };

    explicit JobLane(Policy policy, QObject* parent = nullptr);
    /// Waits for the work under way; nothing is delivered any more.
    ~JobLane() override;

    using Problem = std::function<void(const QString& what, const QString& hint)>;

    /// `work` runs on the lane's thread and may throw; then `done(result)` or `failed(what, hint)` on the
    /// lane's own.
    template <class Result>
    void post(std::function<Result()> work, std::function<void(const Result&)> done, Problem failed)
    {
        enqueue([work = std::move(work), done = std::move(done), failed = std::move(failed)]() -> Delivery {
            try {
                auto result = std::make_shared<const Result>(work());
                return [done, result] { done(*result); };
            } catch (const Error& error) {
                return [failed, what = QString::fromStdString(error.what()),
                        hint = QString::fromStdString(error.hint())] { failed(what, hint); };
            } catch (const std::exception& error) {
                return [failed, what = QString::fromUtf8(error.what())] { failed(what, {}); };
            }
        });
    }

    /// Forgets what is waiting and drops the result of what is under way.
    void cancel();
    bool isBusy() const { return m_delivered != m_posted; }

private:
    using Delivery = std::function<void()>;
    using Job = std::function<Delivery()>;
    struct Ticketed
    {
        std::uint64_t ticket;
        Job job;
    };

    struct Finished
    {
        std::uint64_t ticket;
        Delivery delivery;
    };

    void enqueue(Job job);
    void work(const std::stop_token& stop);
    /// Called by its name through the event queue, which so carries nothing of ours: what crosses is in
    /// m_finished.
    Q_INVOKABLE void deliverFinished();
    bool isStale(std::uint64_t ticket) const;

    const Policy m_policy;
    std::uint64_t m_posted = 0;    ///< ticket of the latest job; this lane's own thread
    std::uint64_t m_delivered = 0; ///< ticket of the latest delivery, or of what was given up
    std::mutex m_mutex;
    std::condition_variable_any m_hasJob;
    std::deque<Ticketed> m_waiting;
    std::deque<Finished> m_finished;
    std::jthread m_thread; ///< last: ends before what it uses
};

} // namespace lora::app
