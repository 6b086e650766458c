#include "core/optim/adamw.h"
#include "core/optim/gradient_clipping.h"
#include "core/optim/lr_scheduler.h"

#include <cmath>
#include <limits>
#include <numbers>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(LrScheduler, LinearIsHuggingFacesWarmUpAndDecay)
{
    const LrScheduler scheduler("linear", 2e-3, 20, 0.12); // ceil(2.4) = 3 steps of warm-up
    EXPECT_EQ(scheduler.warmupSteps(), 3);
    // get_linear_schedule_with_warmup's factors for finished steps 0, 1, …: n/3, then (20 − n)/17.
    for (int n = 0; n < 20; ++n) {
        const double factor = n < 3 ? n / 3.0 : (20 - n) / 17.0;
        EXPECT_DOUBLE_EQ(scheduler.at(n + 1), 2e-3 * factor) << n;
    }
}

TEST(LrScheduler, CosineIsHuggingFacesHalfWave)
{
    const LrScheduler scheduler("cosine", 1, 10, 0.2);
    EXPECT_DOUBLE_EQ(scheduler.at(1), 0);
    EXPECT_DOUBLE_EQ(scheduler.at(2), 0.5);
    EXPECT_DOUBLE_EQ(scheduler.at(3), 1);
    for (int n = 2; n < 10; ++n)
        EXPECT_DOUBLE_EQ(scheduler.at(n + 1), 0.5 * (1 + std::cos(std::numbers::pi * (n - 2) / 8)));
}

TEST(LrScheduler, ConstantNeverWarmsUpAndConstantWithWarmupDoes)
{
    const LrScheduler constant("constant", 3, 10, 0.5);
    EXPECT_EQ(constant.warmupSteps(), 0);
    EXPECT_EQ(constant.at(1), 3);
    EXPECT_EQ(constant.at(10), 3);
    const LrScheduler warm("constant_with_warmup", 3, 10, 0.5);
    EXPECT_DOUBLE_EQ(warm.at(1), 0);
    EXPECT_DOUBLE_EQ(warm.at(4), 3 * 0.6);
    EXPECT_EQ(warm.at(6), 3);
    EXPECT_EQ(warm.at(10), 3);
}

TEST(LrScheduler, NeverBelowZeroAndDefinedForOneStepRuns)
{
    for (const char* type : {"linear", "cosine", "constant", "constant_with_warmup"}) {
        for (const std::int64_t total : {1, 2}) {
            const LrScheduler scheduler(type, 1, total, 1.0);
            for (std::int64_t step = 1; step <= total + 3; ++step) {
                EXPECT_TRUE(std::isfinite(scheduler.at(step)));
                EXPECT_GE(scheduler.at(step), 0);
            }
        }
    }
}

TEST(AdamW, TwoStepsByHand)
{
    AdamW<double> optimizer(1, {.beta1 = 0.8, .beta2 = 0.9, .epsilon = 0.01, .weightDecay = 0.1});
    std::vector<double> w = {2.0};
    const std::vector<double> g1 = {0.5};
    optimizer.beginStep(0.1, 1);
    optimizer.update(g1, 0, w);
    // m = 0.1, v = 0.025; corrected: 0.5 and 0.25.
    EXPECT_NEAR(w[0], 2 * (1 - 0.01) - 0.1 * 0.5 / (0.5 + 0.01), 1e-14);
    const double afterOne = w[0];
    const std::vector<double> g2 = {-2.0};
    optimizer.beginStep(0.2, 0.5); // clipped to -1
    optimizer.update(g2, 0, w);
    const double m = 0.8 * 0.1 + 0.2 * -1;
    const double v = 0.9 * 0.025 + 0.1;
    const double step = m / (1 - 0.64) / (std::sqrt(v / (1 - 0.81)) + 0.01);
    EXPECT_NEAR(w[0], afterOne * (1 - 0.02) - 0.2 * step, 1e-14);
    EXPECT_EQ(optimizer.stepsDone(), 2);
}

TEST(AdamW, RangesAreIndependentOfEachOther)
{
    std::vector<float> gradient(10), whole(10), parts(10);
    for (std::size_t i = 0; i < 10; ++i)
        gradient[i] = whole[i] = parts[i] = static_cast<float>(i) - 4.5f;
    AdamW<float> one(10, {});
    AdamW<float> two(10, {});
    for (int t = 0; t < 3; ++t) {
        one.beginStep(0.1, 1);
        one.update(gradient, 0, whole);
        two.beginStep(0.1, 1);
        const std::span<const float> g(gradient);
        two.update(g.subspan(4), 4, std::span(parts).subspan(4));
        two.update(g.first(4), 0, std::span(parts).first(4));
    }
    for (std::size_t i = 0; i < 10; ++i)
        EXPECT_NEAR(whole[i], parts[i], 1e-6);
}

TEST(GradientClipping, IsPyTorchsFactor)
{
    EXPECT_EQ(clippingFactor(0.5, 1), 1);
    EXPECT_DOUBLE_EQ(clippingFactor(4, 1), 1 / (4 + 1e-6));
    EXPECT_EQ(clippingFactor(1e9, 0), 1) << "0 means no clipping";
    EXPECT_EQ(clippingFactor(std::numeric_limits<double>::infinity(), 1), 1);
}

} // namespace
} // namespace lora::test
