#include "core/base/error.h"
#include "core/math/gemm.h"
#include "core/train/worker_pool.h"

#include <atomic>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(WorkerPool, EveryWorkerRunsOnceOnAThreadOfItsOwn)
{
    for (const int size : {1, 2, 5}) {
        WorkerPool pool(size);
        ASSERT_EQ(pool.size(), size);
        std::vector<std::thread::id> first(static_cast<std::size_t>(size));
        std::vector<int> calls(static_cast<std::size_t>(size));
        for (int round = 0; round < 50; ++round)
            pool.run([&](int worker) {
                const auto index = static_cast<std::size_t>(worker);
                ++calls[index];
                if (round == 0)
                    first[index] = std::this_thread::get_id();
                else if (first[index] != std::this_thread::get_id())
                    calls[index] += 1000;
            });
        EXPECT_EQ(calls, std::vector<int>(static_cast<std::size_t>(size), 50));
        EXPECT_EQ(std::set(first.begin(), first.end()).size(), static_cast<std::size_t>(size));
        EXPECT_EQ(first[0], std::this_thread::get_id());
    }
}

TEST(WorkerPool, RunReturnsAfterTheLastWorker)
{
    WorkerPool pool(4);
    std::atomic<int> done = 0;
    pool.run([&](int worker) {
        std::this_thread::sleep_for(std::chrono::milliseconds(3 * worker));
        ++done;
    });
    EXPECT_EQ(done, 4);
}

TEST(WorkerPool, TheLowestWorkersExceptionIsThrownAndThePoolGoesOn)
{
    WorkerPool pool(4);
    for (int round = 0; round < 10; ++round) {
        std::atomic<int> done = 0;
        try {
            pool.run([&](int worker) {
                ++done;
                if (worker >= 1)
                    throw Error(ErrorKind::BadInput, "worker " + std::to_string(worker));
            });
            FAIL() << "no exception";
        } catch (const Error& error) {
            EXPECT_STREQ(error.what(), "worker 1");
        }
        EXPECT_EQ(done, 4) << "an exception stops no other worker";
    }
    EXPECT_THROW(pool.run([](int worker) {
        if (worker == 0)
            throw Error(ErrorKind::BadInput, "here");
    }),
                 Error);
    int calls = 0;
    pool.run([&](int worker) { calls += worker == 0; });
    EXPECT_EQ(calls, 1);
}

TEST(WorkerPool, FlopsOfAllWorkersReachTheCaller)
{
    WorkerPool pool(3);
    resetGemmFlops();
    for (int round = 1; round <= 2; ++round) {
        pool.run([](int worker) {
            std::vector<float> a(static_cast<std::size_t>(worker + 1), 1.0f);
            float c = 0;
            gemm<float>(Transpose::No, Transpose::No, 1, {a.data(), 1, worker + 1}, {a.data(), worker + 1, 1},
                        0, {&c, 1, 1});
        });
        EXPECT_EQ(gemmFlops(), round * 2 * (1 + 2 + 3));
    }
}

TEST(WorkerPool, ASystemWithoutMoreThreadsIsSaidAndNothingHangs)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "skipped: sanitizers need address space without a limit";
#else
    const WorkerPool some(3); // so that the first stacks are there
    std::ifstream file("/proc/self/statm");
    rlim_t pages = 0;
    file >> pages;
    rlimit limit{};
    ASSERT_EQ(getrlimit(RLIMIT_AS, &limit), 0);
    // Stacks take 8 MiB each: some of the workers start, not all.
    const rlimit tight{pages * static_cast<rlim_t>(getpagesize()) + (rlim_t{200} << 20), limit.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_AS, &tight), 0);
    std::string what;
    try {
        const WorkerPool pool(500);
    } catch (const Error& error) {
        what = error.what();
    }
    ASSERT_EQ(setrlimit(RLIMIT_AS, &limit), 0);
    EXPECT_NE(what.find("500 workers"), std::string::npos) << what;
#endif
}

TEST(WorkerPool, DefaultIsOneWorkerPerProcessor)
{
    EXPECT_GE(WorkerPool::defaultWorkers(), 1);
    EXPECT_EQ(WorkerPool(0).size(), WorkerPool::defaultWorkers());
}

} // namespace
} // namespace lora::test
