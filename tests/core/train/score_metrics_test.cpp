#include "core/train/score_metrics.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

using Values = std::vector<double>;

TEST(Correlation, PearsonIsOneForALineAndKnownForAnExample)
{
    EXPECT_DOUBLE_EQ(pearsonCorrelation(Values{1, 2, 3}, Values{10, 20, 30}), 1);
    EXPECT_DOUBLE_EQ(pearsonCorrelation(Values{1, 2, 3}, Values{3, 2, 1}), -1);
    // Deviations (-1.5, -0.5, 0.5, 1.5) and (-1, 1, -2, 2): products 1.5 - 0.5 - 1 + 3.
    EXPECT_NEAR(pearsonCorrelation(Values{1, 2, 3, 4}, Values{1, 3, 0, 4}), 3.0 / std::sqrt(50.0), 1e-12);
}

TEST(Correlation, SpearmanSeesOnlyTheOrderAndAveragesTies)
{
    EXPECT_DOUBLE_EQ(spearmanCorrelation(Values{1, 2, 3, 4}, Values{1, 8, 27, 1000}), 1);
    // Ranks (1, 2.5, 2.5, 4) and (1, 2, 3, 4): covariance 4.5, squares 4.5 and 5.
    EXPECT_NEAR(spearmanCorrelation(Values{0, 5, 5, 9}, Values{1, 2, 3, 4}), 4.5 / std::sqrt(4.5 * 5), 1e-12);
}

TEST(Correlation, IsZeroWhereItIsUndefined)
{
    EXPECT_EQ(pearsonCorrelation(Values{1, 1, 1}, Values{1, 2, 3}), 0);
    EXPECT_EQ(spearmanCorrelation(Values{1, 2, 3}, Values{4, 4, 4}), 0);
    EXPECT_EQ(spearmanCorrelation(Values{1, 2, 3}, Values{1, std::nan(""), 2}), 0);
    EXPECT_EQ(pearsonCorrelation(Values{}, Values{}), 0);
}

TEST(Errors, SquaredAndAbsoluteAreMeansOverTheRows)
{
    EXPECT_DOUBLE_EQ(meanSquaredError(Values{1, 2}, Values{2, 4}), 2.5);
    EXPECT_DOUBLE_EQ(meanAbsoluteError(Values{1, 2}, Values{2, 4}), 1.5);
}

TEST(LabelCounter, MicroMacroAndSubsetFollowTheirDefinitions)
{
    LabelCounter counter(3);
    counter.add({true, false, false}, {true, true, false});
    counter.add({true, true, false}, {true, true, false});
    counter.add({false, true, false}, {false, false, false});
    // Label 0: 2 right of 2 and 2; label 1: 1 right of 2 and 2; label 2 nowhere.
    EXPECT_DOUBLE_EQ(counter.f1(), 2.0 * 3 / (4 + 4));
    EXPECT_DOUBLE_EQ(counter.f1Macro(), (1 + 0.5 + 0) / 3);
    EXPECT_DOUBLE_EQ(counter.accuracy(), 1.0 / 3);
}

} // namespace
} // namespace lora::test
