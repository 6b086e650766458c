#include "app/session/background_jobs.h"

namespace lora::app {

JobLane::JobLane(Policy policy, QObject* parent)
    : QObject(parent)
    , m_policy(policy)
    , m_thread([this](const std::stop_token& stop) { work(stop); })
{}

JobLane::~JobLane() = default;

void JobLane::cancel()
{
    const std::lock_guard lock(m_mutex);
    m_waiting.clear();
    m_delivered = ++m_posted;
}

void JobLane::enqueue(Job job)
{
    {
        const std::lock_guard lock(m_mutex);
        if (m_policy == Policy::LatestWins)
            m_waiting.clear();
        m_waiting.push_back({++m_posted, std::move(job)});
    }
    m_hasJob.notify_one();
}

void JobLane::work(const std::stop_token& stop)
{
    for (;;) {
        Ticketed next;
        {
            std::unique_lock lock(m_mutex);
            if (!m_hasJob.wait(lock, stop, [this] { return !m_waiting.empty(); }) || stop.stop_requested())
                return;
            next = std::move(m_waiting.front());
            m_waiting.pop_front();
        }
        Delivery delivery = next.job();
        {
            const std::lock_guard lock(m_mutex);
            m_finished.push_back({next.ticket, std::move(delivery)});
        }
        QMetaObject::invokeMethod(this, "deliverFinished", Qt::QueuedConnection);
    }
}

void JobLane::deliverFinished()
{
    std::deque<Finished> finished;
    {
        const std::lock_guard lock(m_mutex);
        finished.swap(m_finished);
    }
    for (const Finished& each : finished) {
        // Asked one by one: a delivery may post or cancel.
        if (isStale(each.ticket))
            continue;
        m_delivered = each.ticket;
        each.delivery();
    }
}

bool JobLane::isStale(std::uint64_t ticket) const
{
    return ticket <= m_delivered || (m_policy == Policy::LatestWins && ticket != m_posted);
}

} // namespace lora::app
