#include "core/train/worker_pool.h"

#include "core/base/error.h"
#include "core/math/gemm.h"

#include <fmt/format.h>

#include <system_error>

#include <sched.h>

namespace lora {

int WorkerPool::defaultWorkers()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
        return CPU_COUNT(&set);
    return std::max(1u, std::thread::hardware_concurrency());
}

WorkerPool::WorkerPool(int workers)
{
    useSingleThreadedBlas();
    const int count = workers > 0 ? workers : defaultWorkers();
    m_errors.resize(static_cast<std::size_t>(count));
    m_flops.resize(static_cast<std::size_t>(count));
    try {
        for (int worker = 1; worker < count; ++worker)
            m_threads.emplace_back([this, worker] { serve(worker); });
    } catch (const std::system_error&) {
        const int started = size();
        end(); // those that wait already
        throw Error(ErrorKind::BadUsage,
                    fmt::format("{} workers asked for, this system starts no more than {}", count, started),
                    "Lower training.threads, or raise the limits of processes and memory (ulimit).");
    }
}

WorkerPool::~WorkerPool()
{
    end();
}

void WorkerPool::end()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isEnding = true;
    }
    m_started.notify_all();
    for (std::thread& thread : m_threads)
        thread.join();
}

void WorkerPool::runTask(AnyTask task)
{
    {
        const std::lock_guard lock(m_mutex);
        m_task = task;
        m_running = static_cast<int>(m_threads.size());
        std::fill(m_errors.begin(), m_errors.end(), nullptr);
        ++m_round;
    }
    m_started.notify_all();
    try {
        task.call(task.what, 0);
    } catch (...) {
        m_errors[0] = std::current_exception();
    }
    {
        std::unique_lock lock(m_mutex);
        m_finished.wait(lock, [this] { return m_running == 0; });
    }
    for (std::size_t worker = 1; worker < m_flops.size(); ++worker)
        addGemmFlops(m_flops[worker]);
    for (const std::exception_ptr& error : m_errors)
        if (error)
            std::rethrow_exception(error);
}

void WorkerPool::serve(int worker)
{
    std::uint64_t served = 0;
    while (true) {
        AnyTask task;
        {
            std::unique_lock lock(m_mutex);
            m_started.wait(lock, [&] { return m_isEnding || m_round != served; });
            if (m_isEnding)
                return;
            served = m_round;
            task = m_task;
        }
        resetGemmFlops();
        std::exception_ptr error;
        try {
            task.call(task.what, worker);
        } catch (...) {
            error = std::current_exception();
        }
        {
            const std::lock_guard lock(m_mutex);
            m_errors[static_cast<std::size_t>(worker)] = error;
            m_flops[static_cast<std::size_t>(worker)] = gemmFlops();
            --m_running;
        }
        m_finished.notify_one();
    }
}

} // namespace lora
