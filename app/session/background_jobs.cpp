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
        QMetaObject::invokeMethod(
            this, [this, ticket = next.ticket, delivery = std::move(delivery)] { deliver(ticket, delivery); },
            Qt::QueuedConnection);
    }
}

void JobLane::deliver(std::uint64_t ticket, const Delivery& delivery)
{
    const bool isStale = ticket <= m_delivered || (m_policy == Policy::LatestWins && ticket != m_posted);
    if (isStale)
        return;
    m_delivered = ticket;
    delivery();
}

} // namespace lora::app
