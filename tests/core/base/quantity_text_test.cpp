#include "core/base/quantity_text.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace lora {
namespace {

TEST(QuantityText, CountsStepByThousands)
{
    EXPECT_EQ(countText(0), "0");
    EXPECT_EQ(countText(514), "514");
    EXPECT_EQ(countText(999), "999");
    EXPECT_EQ(countText(24600), "24.6 k");
    EXPECT_EQ(countText(1.2e6), "1.20 M");
    EXPECT_EQ(countText(999999), "1.00 M");
    EXPECT_EQ(countText(110e9), "110 G");
}

TEST(QuantityText, BytesStepBy1024)
{
    EXPECT_EQ(bytesText(512), "512 B");
    EXPECT_EQ(bytesText(3.2e6), "3.05 MiB");
    EXPECT_EQ(bytesText(1024.0 * 1024 * 1024), "1.00 GiB");
}

TEST(QuantityText, DurationsChooseTheirUnit)
{
    EXPECT_EQ(durationText(4.2e-6), "4.20 µs");
    EXPECT_EQ(durationText(0.0042), "4.20 ms");
    EXPECT_EQ(durationText(12.34), "12.3 s");
    EXPECT_EQ(durationText(83), "1 min 23 s");
    EXPECT_EQ(durationText(59.99), "1 min 0 s");
    EXPECT_EQ(durationText(3 * 3600 + 120), "3 h 2 min");
    EXPECT_EQ(durationText(std::numeric_limits<double>::infinity()), "–");
}

TEST(QuantityText, ChangesCarryTheirSign)
{
    EXPECT_EQ(changeText(0.59), "−41 %");
    EXPECT_EQ(changeText(1.1), "+10 %");
    EXPECT_EQ(changeText(1), "±0 %");
    EXPECT_EQ(changeText(0.003), "−99.7 %");
    EXPECT_EQ(changeText(std::nan("")), "–");
}

TEST(QuantityText, ThreeSignificantDigits)
{
    EXPECT_EQ(significantText(0.012345), "0.0123");
    EXPECT_EQ(significantText(123.45), "123");
    EXPECT_EQ(significantText(5e-7), "5.00e-07");
    EXPECT_EQ(significantText(-1.5), "-1.50");
    EXPECT_EQ(percentText(0.0123), "1.23 %");
    EXPECT_EQ(flopsText(3.5e9), "3.50 GFLOP");
    EXPECT_EQ(energyText(5230), "5.23 kJ");
    EXPECT_EQ(energyText(42), "42 J");
}

} // namespace
} // namespace lora
