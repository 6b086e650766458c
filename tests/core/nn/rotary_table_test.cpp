#include "core/nn/rotary_table.h"

#include <cmath>
#include <gtest/gtest.h>

namespace lora::test {
namespace {

/// Frequencies of a table, from the angle of position 1.
std::vector<double> frequencies(const RotaryConfig& config, std::int64_t headDim)
{
    RotaryTable<double> table(config, headDim);
    table.extendTo(2);
    std::vector<double> values(static_cast<std::size_t>(2 * headDim), 0);
    for (std::int64_t i = 0; i < headDim / 2; ++i)
        values[static_cast<std::size_t>(headDim + i)] = 1;
    const std::vector<std::int32_t> offsets{0, 2};
    table.apply({values.data(), 2, headDim}, offsets, 0);
    std::vector<double> found;
    for (std::int64_t i = 0; i < headDim / 2; ++i)
        found.push_back(std::atan2(values[static_cast<std::size_t>(headDim + headDim / 2 + i)],
                                   values[static_cast<std::size_t>(headDim + i)]));
    return found;
}

TEST(RotaryTable, FrequenciesFallGeometrically)
{
    const std::vector<double> found = frequencies({.theta = 10000}, 8);
    for (int i = 0; i < 4; ++i)
        EXPECT_NEAR(found[static_cast<std::size_t>(i)], std::pow(10000.0, -i / 4.0), 1e-12);
}

/// Computed outside with the published formula for theta 100, factor 8, bands 1 and 4, 64 positions.
TEST(RotaryTable, Llama3ScalingKeepsHighFrequenciesAndDividesLowOnes)
{
    const RotaryConfig config{.theta = 100,
                              .scaling = RotaryConfig::Scaling::Llama3,
                              .factor = 8,
                              .lowFreqFactor = 1,
                              .highFreqFactor = 4,
                              .originalMaxPositions = 64};
    const std::vector<double> found = frequencies(config, 8);
    EXPECT_NEAR(found[0], 1.0, 1e-12);
    EXPECT_NEAR(found[1], 0.24438459943539834, 1e-12);
    EXPECT_NEAR(found[2], 0.013042256043820465, 1e-12);
    EXPECT_NEAR(found[3], 0.003952847075210474, 1e-12);
}

TEST(RotaryTable, LinearScalingDividesPositions)
{
    const std::vector<double> plain = frequencies({.theta = 100}, 6);
    const std::vector<double> scaled =
        frequencies({.theta = 100, .scaling = RotaryConfig::Scaling::Linear, .factor = 4}, 6);
    for (std::size_t i = 0; i < plain.size(); ++i)
        EXPECT_NEAR(scaled[i], plain[i] / 4, 1e-12);
}

TEST(RotaryTable, PositionsGoOnWhereAGenerationStands)
{
    RotaryTable<double> table({.theta = 50}, 4);
    table.extendTo(6);
    std::vector<double> whole(24);
    for (std::size_t i = 0; i < whole.size(); ++i)
        whole[i] = std::sin(static_cast<double>(i));
    std::vector<double> last(whole.begin() + 20, whole.end());
    const std::vector<std::int32_t> six{0, 6};
    const std::vector<std::int32_t> one{0, 1};
    table.apply({whole.data(), 6, 4}, six, 0);
    table.apply({last.data(), 1, 4}, one, 5);
    for (std::size_t i = 0; i < 4; ++i)
        EXPECT_DOUBLE_EQ(last[i], whole[20 + i]);
}

} // namespace
} // namespace lora::test
