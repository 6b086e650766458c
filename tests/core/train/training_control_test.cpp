#include "core/train/training_control.h"

#include <chrono>
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

} // namespace
} // namespace lora::test
