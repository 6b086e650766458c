#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace lora {

/// W workers that do the same thing at the same time: the calling thread is worker 0, the others are threads
/// that live as long as the pool. BLAS is told to stay single-threaded.
class WorkerPool
{
public:
    /// 0: one worker per processor this process may use. Throws lora::Error (BadUsage) where the system has
    /// no more threads.
    explicit WorkerPool(int workers);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    int size() const { return static_cast<int>(m_threads.size()) + 1; }
    /// Calls task(0 … size − 1), each on its worker, and returns when all are done. The first exception of a
    /// worker (lowest index) is thrown here. Floating-point operations counted by the workers are added to
    /// the calling thread's.
    template <class Task>
    void run(const Task& task)
    {
        // Not a std::function, which takes a larger task's captures from the heap.
        runTask({&task, [](const void* what, int worker) { (*static_cast<const Task*>(what))(worker); }});
    }

    static int defaultWorkers();

private:
    struct AnyTask
    {
        const void* what = nullptr;
        void (*call)(const void* what, int worker) = nullptr;
    };

    void runTask(AnyTask task);
    void serve(int worker);
    void end();

    std::vector<std::thread> m_threads;
    std::mutex m_mutex;
    std::condition_variable m_started, m_finished;
    AnyTask m_task;
    std::uint64_t m_round = 0;
    int m_running = 0;
    bool m_isEnding = false;
    std::vector<std::exception_ptr> m_errors;
    std::vector<std::int64_t> m_flops;
};

} // namespace lora
