#include "core/base/parallel.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>
#include <thread>

#include <sched.h>

namespace lora {

namespace {

thread_local bool isInsidePart = false;

/// The parts of one call, taken by whichever thread is free.
class Parts
{
public:
    Parts(std::size_t count, std::size_t partSize, const std::function<void(std::size_t, std::size_t)>& task)
        : m_count(count)
        , m_partSize(partSize)
        , m_task(task)
    {}

    void work()
    {
        const bool wasInside = std::exchange(isInsidePart, true);
        for (;;) {
            const std::size_t begin = m_next.fetch_add(m_partSize);
            if (begin >= m_count)
                break;
            try {
                m_task(begin, std::min(begin + m_partSize, m_count));
            } catch (...) {
                note(begin, std::current_exception());
            }
        }
        isInsidePart = wasInside;
    }

    void throwFirst() const
    {
        if (m_error)
            std::rethrow_exception(m_error);
    }

private:
    void note(std::size_t begin, std::exception_ptr error)
    {
        const std::lock_guard lock(m_mutex);
        if (m_error && m_errorAt < begin)
            return;
        m_error = std::move(error);
        m_errorAt = begin;
    }

    std::size_t m_count;
    std::size_t m_partSize;
    const std::function<void(std::size_t, std::size_t)>& m_task;
    std::atomic<std::size_t> m_next = 0;
    std::mutex m_mutex;
    std::exception_ptr m_error;
    std::size_t m_errorAt = 0;
};

} // namespace

int availableProcessors()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

void forEachPart(std::size_t count, std::size_t partSize,
                 const std::function<void(std::size_t begin, std::size_t end)>& task)
{
    partSize = std::max<std::size_t>(1, partSize);
    const std::size_t parts = (count + partSize - 1) / partSize;
    const std::size_t threads =
        isInsidePart ? 1 : std::min(parts, static_cast<std::size_t>(availableProcessors()));
    Parts work(count, partSize, task);
    std::vector<std::jthread> helpers;
    try {
        for (std::size_t i = 1; i < threads; ++i)
            helpers.emplace_back([&work] { work.work(); });
    } catch (const std::system_error&) {
        // No more threads to be had: those there are do it.
    }
    work.work();
    helpers.clear();
    work.throwFirst();
}

} // namespace lora
