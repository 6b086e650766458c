#include "core/train/training_control.h"

#include "core/models/language_model.h"

#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(TrainingControl, ACheckpointRequestIsTakenOnce)
{
    TrainingControl control;
    EXPECT_FALSE(control.takeCheckpointRequest());
    control.requestCheckpoint();
    EXPECT_TRUE(control.takeCheckpointRequest());
    EXPECT_FALSE(control.takeCheckpointRequest());
}

TEST(TrainingControl, WaitingEndsWithResumeAndWithStop)
{
    for (const bool isStop : {false, true}) {
        TrainingControl control;
        control.waitWhilePaused(); // not paused: returns at once
        control.requestPause();
        EXPECT_TRUE(control.isPauseRequested());
        std::jthread other([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
            isStop ? control.requestStop() : control.requestResume();
        });
        control.waitWhilePaused();
        EXPECT_EQ(control.isStopRequested(), isStop);
    }
}

TEST(TrainingControl, JobsRunOnTheWaitingThreadAndOnlyWhileItWaits)
{
    TrainingControl control;
    // Never looked into: only who gets it, and where, matters here.
    alignas(LanguageModel<float>) std::byte storage[sizeof(LanguageModel<float>)];
    auto* model = reinterpret_cast<LanguageModel<float>*>(storage);
    EXPECT_FALSE(control.whilePaused([](LanguageModel<float>&) {}));
    control.requestPause();
    std::jthread trainer([&] { control.waitWhilePaused(model); });
    std::promise<std::pair<std::thread::id, LanguageModel<float>*>> seen;
    auto seenLater = seen.get_future();
    const auto job = [&](LanguageModel<float>& given) {
        seen.set_value({std::this_thread::get_id(), &given});
    };
    while (!control.whilePaused(job))
        std::this_thread::yield();
    const auto [thread, given] = seenLater.get();
    EXPECT_EQ(thread, trainer.get_id());
    EXPECT_EQ(given, model);
    control.requestResume();
    trainer.join();
    EXPECT_FALSE(control.whilePaused([](LanguageModel<float>&) {}));
}

TEST(TrainingControl, AJobThatComesTooLateIsDestroyedUnrun)
{
    TrainingControl control;
    alignas(LanguageModel<float>) std::byte storage[sizeof(LanguageModel<float>)];
    auto* model = reinterpret_cast<LanguageModel<float>*>(storage);
    control.requestPause();
    std::jthread trainer([&] { control.waitWhilePaused(model); });
    // The first job ends the pause; the second waits behind it.
    std::promise<void> isQueued;
    const std::shared_future<void> later = isQueued.get_future().share();
    while (!control.whilePaused([&control, later](LanguageModel<float>&) {
        later.wait();
        control.requestResume();
    }))
        std::this_thread::yield();
    auto promise = std::make_shared<std::promise<void>>();
    auto answer = promise->get_future();
    ASSERT_TRUE(control.whilePaused([promise](LanguageModel<float>&) { promise->set_value(); }));
    promise.reset();
    isQueued.set_value();
    trainer.join();
    EXPECT_THROW(answer.get(), std::future_error);
}

} // namespace
} // namespace lora::test
