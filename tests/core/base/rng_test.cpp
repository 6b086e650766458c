#include "core/base/error.h"
#include "core/base/rng.h"

#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

namespace lora {
namespace {

TEST(Rng, TheSameSeedAndStreamGiveTheSameNumbers)
{
    Rng a(42, "shuffle");
    Rng b(42, "shuffle");
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(a.next(), b.next());
}

TEST(Rng, StreamsAndSeedsDiffer)
{
    EXPECT_NE(Rng(42, "shuffle").next(), Rng(42, "dropout").next());
    EXPECT_NE(Rng(42, "shuffle").next(), Rng(43, "shuffle").next());
}

TEST(Rng, AStreamContinuesFromItsCounter)
{
    Rng whole(7, "head");
    for (int i = 0; i < 10; ++i)
        whole.normal();
    Rng resumed(7, "head");
    resumed.setCounter(whole.counter());
    EXPECT_EQ(whole.next(), resumed.next());
}

TEST(Rng, UniformNumbersFillTheUnitInterval)
{
    Rng rng(1, "uniform");
    double sum = 0;
    double squares = 0;
    constexpr int count = 100000;
    for (int i = 0; i < count; ++i) {
        const double value = rng.uniform();
        ASSERT_GE(value, 0);
        ASSERT_LT(value, 1);
        sum += value;
        squares += value * value;
    }
    EXPECT_NEAR(sum / count, 0.5, 0.005);
    EXPECT_NEAR(squares / count, 1.0 / 3, 0.005);
}

TEST(Rng, NormalNumbersHaveUnitVariance)
{
    Rng rng(1, "normal");
    double sum = 0;
    double squares = 0;
    constexpr int count = 100000;
    for (int i = 0; i < count; ++i) {
        const double value = rng.normal();
        ASSERT_TRUE(std::isfinite(value));
        sum += value;
        squares += value * value;
    }
    EXPECT_NEAR(sum / count, 0, 0.02);
    EXPECT_NEAR(squares / count, 1, 0.03);
}

TEST(Rng, BelowGivesEveryValueEquallyOften)
{
    Rng rng(3, "below");
    std::array<int, 7> seen{};
    for (int i = 0; i < 70000; ++i)
        ++seen.at(rng.below(7));
    for (const int count : seen)
        EXPECT_NEAR(count, 10000, 400);
    EXPECT_EQ(rng.below(1), 0u);
}

TEST(Rng, ShufflingKeepsEveryItem)
{
    std::vector<int> items(100);
    std::iota(items.begin(), items.end(), 0);
    std::vector<int> shuffled = items;
    Rng rng(5, "shuffle");
    shuffle(shuffled, rng);
    EXPECT_NE(shuffled, items);
    std::ranges::sort(shuffled);
    EXPECT_EQ(shuffled, items);
}

TEST(Error, CarriesKindTextAndHint)
{
    const Error error(ErrorKind::BadInput, "what", "hint");
    EXPECT_STREQ(error.what(), "what");
    EXPECT_EQ(error.hint(), "hint");
    EXPECT_STREQ(toString(error.kind()), "bad_input");
    EXPECT_EQ(exitCode(ErrorKind::Internal), 1);
    EXPECT_EQ(exitCode(ErrorKind::FileSystem), 2);
    EXPECT_STREQ(toString(ErrorKind::Unsupported), "unsupported");
}

} // namespace
} // namespace lora
