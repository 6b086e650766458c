#include "core/nn/losses.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(CrossEntropy, IsMinusLogOfTheLabelsProbability)
{
    std::vector<float> logits = {0, std::log(3.0f), 5, 5};
    const std::vector<std::int32_t> labels = {1, 0};
    EXPECT_NEAR(crossEntropySum<float>({logits.data(), 2, 2}, labels), -std::log(0.75) - std::log(0.5), 1e-6);
    EXPECT_NEAR(crossEntropyInPlace<float>({logits.data(), 2, 2}, labels, 0.5f),
                -std::log(0.75) - std::log(0.5), 1e-6);
    const std::vector<float> gradient = {0.125f, -0.125f, -0.25f, 0.25f};
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_NEAR(logits[i], gradient[i], 1e-7);
}

TEST(CrossEntropy, IgnoredRowsCostNothingAndGetNoGradient)
{
    std::vector<float> logits = {9, 1, 2, 3};
    const std::vector<std::int32_t> labels = {-100, -100};
    EXPECT_EQ(crossEntropySum<float>({logits.data(), 2, 2}, labels), 0);
    EXPECT_EQ(crossEntropyInPlace<float>({logits.data(), 2, 2}, labels, 1.0f), 0);
    EXPECT_EQ(logits, std::vector<float>(4));
}

TEST(CrossEntropy, ExtremeLogitsStayFinite)
{
    const std::vector<std::int32_t> labels = {1};
    for (const float size : {50.0f, 1e4f, 1e30f}) {
        std::vector<float> logits = {size, -size, 0};
        EXPECT_NEAR(crossEntropySum<float>({logits.data(), 1, 3}, labels) / (2 * size), 1, 1e-6);
        EXPECT_NEAR(crossEntropyInPlace<float>({logits.data(), 1, 3}, labels, 1.0f) / (2 * size), 1, 1e-6);
        EXPECT_FLOAT_EQ(logits[0], 1);
        EXPECT_FLOAT_EQ(logits[1], -1);
    }
}

} // namespace
} // namespace lora::test
