#include "core/train/task_metrics.h"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

ConfusionMatrix filled(std::int64_t classes, const std::vector<int>& counts)
{
    ConfusionMatrix matrix(classes);
    for (std::size_t cell = 0; cell < counts.size(); ++cell)
        for (int i = 0; i < counts[cell]; ++i)
            matrix.add(static_cast<std::int32_t>(cell) / static_cast<std::int32_t>(classes),
                       static_cast<std::int32_t>(cell) % static_cast<std::int32_t>(classes));
    return matrix;
}

TEST(ConfusionMatrix, TwoClassesByHand)
{
    // TN 50, FP 10, FN 5, TP 35
    const ConfusionMatrix matrix = filled(2, {50, 10, 5, 35});
    EXPECT_EQ(matrix.total(), 100);
    EXPECT_DOUBLE_EQ(matrix.accuracy(), 0.85);
    EXPECT_DOUBLE_EQ(matrix.f1(), 2 * 35.0 / (2 * 35 + 10 + 5));
    EXPECT_NEAR(matrix.matthewsCorrelation(), (35.0 * 50 - 10 * 5) / std::sqrt(45.0 * 40 * 60 * 55), 1e-12);
}

TEST(ConfusionMatrix, ThreeClassesByHand)
{
    const ConfusionMatrix matrix = filled(3, {3, 1, 0, /**/ 1, 2, 1, /**/ 0, 0, 2});
    EXPECT_DOUBLE_EQ(matrix.accuracy(), 0.7);
    // F1 per class: 6/8, 4/7, 4/5
    EXPECT_NEAR(matrix.f1(), (6.0 / 8 + 4.0 / 7 + 4.0 / 5) / 3, 1e-12);
    // Gorodkin: (c·s − Σ p t) / √((s² − Σp²)(s² − Σt²)), t = (4,4,2), p = (4,3,3)
    EXPECT_NEAR(matrix.matthewsCorrelation(), (7.0 * 10 - 34) / std::sqrt((100 - 34.0) * (100 - 36.0)),
                1e-12);
}

TEST(ConfusionMatrix, UndefinedValuesAreZero)
{
    EXPECT_EQ(ConfusionMatrix(2).accuracy(), 0);
    EXPECT_EQ(ConfusionMatrix(3).f1(), 0);
    const ConfusionMatrix oneColumn = filled(2, {5, 0, 5, 0});
    EXPECT_EQ(oneColumn.matthewsCorrelation(), 0);
    EXPECT_EQ(oneColumn.f1(), 0);
    EXPECT_EQ(oneColumn.accuracy(), 0.5);
}

TEST(ConfusionMatrix, PerfectAndInvertedPredictions)
{
    EXPECT_DOUBLE_EQ(filled(2, {7, 0, 0, 3}).matthewsCorrelation(), 1);
    EXPECT_DOUBLE_EQ(filled(2, {0, 7, 3, 0}).matthewsCorrelation(), -1);
    EXPECT_DOUBLE_EQ(filled(3, {1, 0, 0, 0, 2, 0, 0, 0, 3}).matthewsCorrelation(), 1);
}

TEST(ArgMax, IsTheFirstOfEquals)
{
    EXPECT_EQ(argMax<float>(std::array{1.0f, 3.0f, 3.0f}), 1);
    EXPECT_EQ(argMax<float>(std::array{-2.0f}), 0);
}

} // namespace
} // namespace lora::test
