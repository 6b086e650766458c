#include "core/analysis/rank_advice.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

RankEvidence point(std::int64_t rank, double mean, double halfWidth)
{
    return {rank, RankLoss{mean, mean - halfWidth, mean + halfWidth}};
}

RankQuestion question(std::vector<RankEvidence> truncated)
{
    RankQuestion question;
    question.rows = 872;
    question.trainedRank = 32;
    question.effectiveRank = 3.14;
    question.truncated = std::move(truncated);
    return question;
}

bool says(const RankAdvice& advice, const std::string& part)
{
    return advice.sentence.find(part) != std::string::npos;
}

} // namespace

TEST(RankAdvice, NamesTheSmallestRankWithinNoiseWithItsReasons)
{
    const RankAdvice advice =
        adviseRank(question({point(0, 0.2, 0.02), point(1, 0.05, 0.01), point(2, 0.015, 0.007),
                             point(4, 0.002, 0.007), point(8, 0.001, 0.004)}));
    EXPECT_EQ(advice.verdict, RankVerdict::Suffices);
    EXPECT_EQ(advice.rank, 4);
    EXPECT_EQ(
        advice.sentence,
        "Rank 4 suffices on these 872 examples: truncated from 32 it loses 0.20 points of accuracy (95 % "
        "interval of the loss −0.50 to 0.90), within noise; the effective rank of its updates is 3.1; rank 2 "
        "loses 1.5 points (0.80 to 2.2), more than noise.");
}

TEST(RankAdvice, ALuckySmallRankBelowOneThatLosesDoesNotCount)
{
    const RankAdvice advice = adviseRank(
        question({point(0, 0.2, 0.02), point(1, 0.002, 0.007), point(2, 0.03, 0.007), point(4, 0.0, 0.004)}));
    EXPECT_EQ(advice.rank, 4);
}

TEST(RankAdvice, ACertainTrifleIsNoReasonForALargerRank)
{
    const RankAdvice advice = adviseRank(
        question({point(0, 0.25, 0.01), point(1, 0.012, 0.006), point(2, -0.0015, 0.005),
                  point(4, 0.002, 0.004), point(16, 0.002, 0.0015)})); // above noise, but 0.2 of 25 points
    EXPECT_EQ(advice.rank, 2) << advice.sentence;
    const RankAdvice small =
        adviseRank(question({point(0, 0.25, 0.01), point(1, 0.03, 0.006), point(2, 0.004, 0.001)}));
    EXPECT_EQ(small.rank, 2);
    EXPECT_TRUE(says(small, "little beside what the adapters bring")) << small.sentence;
}

TEST(RankAdvice, RankOneIsAnAnswer)
{
    const RankAdvice advice = adviseRank(question({point(0, 0.2, 0.02), point(1, -0.001, 0.007)}));
    EXPECT_EQ(advice.rank, 1);
    EXPECT_TRUE(says(advice, "it gains 0.1")) << advice.sentence;
    EXPECT_TRUE(says(advice, "without adapters the loss is 20 points")) << advice.sentence;
}

TEST(RankAdvice, SaysWhenEverySmallerRankLosesMoreThanNoise)
{
    const RankAdvice advice =
        adviseRank(question({point(0, 0.2, 0.02), point(8, 0.05, 0.01), point(16, 0.02, 0.01)}));
    EXPECT_EQ(advice.verdict, RankVerdict::NeedsAll);
    EXPECT_EQ(advice.rank, std::nullopt);
    EXPECT_TRUE(says(advice, "No smaller rank suffices")) << advice.sentence;
    EXPECT_TRUE(says(advice, "truncated from 32 to 16 it loses 2.0 points")) << advice.sentence;
}

TEST(RankAdvice, SaysWhenItCannotTell)
{
    for (const RankQuestion& unclear :
         {question({point(0, 0.01, 0.02), point(1, 0.005, 0.02)}), // adapters bring nothing that shows
          question({point(0, 0.05, 0.04), point(4, 0.01, 0.04)}),  // an interval as wide as what they bring
          question({}), question({point(0, 0.2, 0.02)}), question({{0, std::nullopt}, {1, std::nullopt}})}) {
        const RankAdvice advice = adviseRank(unclear);
        EXPECT_EQ(advice.verdict, RankVerdict::Unknown) << advice.sentence;
        EXPECT_EQ(advice.rank, std::nullopt);
        EXPECT_TRUE(says(advice, "cannot be told")) << advice.sentence;
    }
}

TEST(RankAdvice, SweepsAndOtherMetricsAreSpokenOf)
{
    RankQuestion asked = question({point(0, 2.0, 0.1), point(4, 0.02, 0.05)});
    asked.metric = "loss";
    asked.trained = {{4, 0.512, 3}, {32, 0.498, 3}};
    const RankAdvice advice = adviseRank(asked);
    EXPECT_TRUE(says(advice, "it loses 0.02 of loss")) << advice.sentence;
    EXPECT_TRUE(says(advice, "Trained anew, rank 4 reached loss 0.5120 and rank 32 0.4980 (3 and 3 seeds)"))
        << advice.sentence;
}

TEST(RankAdvice, MedianOfOddAndEvenCounts)
{
    EXPECT_EQ(median({3, 1, 2}), 2);
    EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
    EXPECT_EQ(median({}), 0);
}

} // namespace lora::test
