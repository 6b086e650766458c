#include "core/train/divergence_monitor.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

TEST(DivergenceMonitor, NumbersThatAreNoneStopAtOnce)
{
    EXPECT_NE(DivergenceMonitor().check(notANumber, 1).find("the loss is"), std::string::npos);
    EXPECT_NE(DivergenceMonitor().check(infinity, 1).find("the loss is inf"), std::string::npos);
    EXPECT_NE(DivergenceMonitor().check(1, notANumber).find("gradient norm"), std::string::npos);
    EXPECT_NE(DivergenceMonitor().check(1, infinity).find("gradient norm"), std::string::npos);
}

TEST(DivergenceMonitor, NoiseAndSlowLearningAreNoDivergence)
{
    DivergenceMonitor monitor;
    for (int step = 0; step < 2000; ++step)
        ASSERT_EQ(monitor.check(2.0 + std::sin(step * 1.7) * 1.5, 5 + step % 3), "") << step;
}

TEST(DivergenceMonitor, SingleSpikesAreNoDivergence)
{
    DivergenceMonitor monitor;
    for (int step = 0; step < 500; ++step)
        ASSERT_EQ(monitor.check(step % 60 == 59 ? 30.0 : 0.3, 1), "") << step;
}

TEST(DivergenceMonitor, ALossThatStaysFarAboveWhatWasReachedStops)
{
    DivergenceMonitor monitor;
    for (int step = 0; step < 50; ++step)
        ASSERT_EQ(monitor.check(0.5, 1), "");
    int steps = 0;
    std::string reason;
    while (reason.empty() && steps < 200) {
        reason = monitor.check(20, 1);
        ++steps;
    }
    EXPECT_NE(reason.find("after it had been down to 0.5"), std::string::npos) << reason;
    EXPECT_GT(steps, 25);
    EXPECT_LT(steps, 40);
}

} // namespace
} // namespace lora::test
