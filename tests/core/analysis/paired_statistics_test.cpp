#include "core/analysis/paired_statistics.h"
#include "core/analysis/student_distribution.h"
#include "core/base/rng.h"

#include <gtest/gtest.h>

#include <cmath>

namespace lora::test {
namespace {

using Values = std::vector<double>;

/// The metric is the mean of a's values minus that of b's.
PairedEvaluation meansOf(Values a, Values b)
{
    PairedEvaluation evaluation;
    evaluation.examples = a.size();
    evaluation.difference = [a = std::move(a), b = std::move(b)](std::span<const std::uint32_t> drawn) {
        double ofA = 0;
        double ofB = 0;
        for (const std::uint32_t example : drawn) {
            ofA += a[example];
            ofB += b[example];
        }
        const auto count = static_cast<double>(drawn.size());
        return ofA / count - ofB / count;
    };
    return evaluation;
}

PairedEvaluation rightOrWrong(const Values& a, const Values& b)
{
    PairedEvaluation evaluation = meansOf(a, b);
    evaluation.discordance = discordance(a, b);
    return evaluation;
}

Values normals(std::size_t count, double mean, double deviation, Rng& rng)
{
    Values values(count);
    for (double& value : values)
        value = mean + deviation * rng.normal();
    return values;
}

/// So many times 1, then 0.
Values ones(std::size_t count, std::size_t size)
{
    Values values(size, 0);
    std::fill_n(values.begin(), count, 1.0);
    return values;
}

TEST(StudentDistribution, AgreesWithTheTables)
{
    EXPECT_NEAR(studentQuantile(0.975, 1), 12.7062047362, 1e-8);
    EXPECT_NEAR(studentQuantile(0.975, 2), 4.3026527297, 1e-9);
    EXPECT_NEAR(studentQuantile(0.975, 4), 2.7764451052, 1e-9);
    EXPECT_NEAR(studentQuantile(0.975, 10), 2.2281388520, 1e-9);
    EXPECT_NEAR(studentQuantile(0.975, 30), 2.0422724563, 1e-9);
    EXPECT_NEAR(studentQuantile(0.995, 5), 4.0321429836, 1e-9);
    EXPECT_NEAR(studentQuantile(0.95, 7), 1.8945786051, 1e-9);
    EXPECT_NEAR(studentQuantile(0.975, 1e6), 1.9599663, 1e-6);
    EXPECT_NEAR(studentQuantile(0.025, 3), -studentQuantile(0.975, 3), 1e-12);
    EXPECT_NEAR(studentProbability(0, 5), 0.5, 1e-15);
    EXPECT_NEAR(studentProbability(1, 1), 0.75, 1e-14); // Cauchy: 1/2 + atan(1)/π
}

TEST(McNemar, IsTheExactBinomialTest)
{
    EXPECT_DOUBLE_EQ(mcnemarProbability({0, 0}), 1);
    EXPECT_NEAR(mcnemarProbability({5, 0}), 2.0 / 32, 1e-12);
    EXPECT_NEAR(mcnemarProbability({1, 7}), 2.0 * (1 + 8) / 256, 1e-12);
    EXPECT_DOUBLE_EQ(mcnemarProbability({4, 4}), 1);
    // Agresti, Categorical Data Analysis (2002), ch. 10: 86 and 150 pairs disagree, p = 3.7e-5 (exact).
    EXPECT_NEAR(mcnemarProbability({86, 150}), 3.7e-5, 0.05e-5);
    EXPECT_DOUBLE_EQ(mcnemarProbability({86, 150}), mcnemarProbability({150, 86}));
    // Far out the terms vanish but the probability is no rubbish.
    EXPECT_GT(mcnemarProbability({0, 1000}), 0);
    EXPECT_LT(mcnemarProbability({0, 1000}), 1e-300);
}

TEST(McNemar, CountsWhatOnlyOneHasRight)
{
    const Discordance pairs = discordance(Values{1, 1, 0, 0, 1}, Values{1, 0, 1, 0, 0});
    EXPECT_EQ(pairs.onlyA, 2);
    EXPECT_EQ(pairs.onlyB, 1);
}

TEST(SharesInterval, AgreesWithAHandComputedOne)
{
    // 10 and 2 of 98 pairs disagree: (10.5 − 2.5) / 100 ± 1.96 sqrt(13 − 64 / 100) / 100.
    const Interval interval = sharesInterval({10, 2}, 98);
    EXPECT_NEAR(interval.low, 0.08 - 1.959964 * std::sqrt(12.36) / 100, 1e-7);
    EXPECT_NEAR(interval.high, 0.08 + 1.959964 * std::sqrt(12.36) / 100, 1e-7);
}

TEST(MeanInterval, IsStudentsOfAHandComputedExample)
{
    const MeanInterval result = meanInterval(Values{0.90, 0.92, 0.91});
    EXPECT_NEAR(result.mean, 0.91, 1e-12);
    EXPECT_NEAR(result.deviation, 0.01, 1e-12);
    ASSERT_TRUE(result.interval);
    EXPECT_NEAR(result.interval->high, 0.91 + 4.30265273 * 0.01 / std::sqrt(3), 1e-9);
    EXPECT_FALSE(meanInterval(Values{0.9}).interval);
}

TEST(PairedDifference, OfOneSeedIsTheBootstrapOverExamples)
{
    Rng rng(3, "values");
    const std::size_t count = 400;
    const Values a = normals(count, 1, 2, rng);
    Values b = a;
    for (double& value : b)
        value += -0.1 + 0.5 * rng.normal();
    const PairedEvaluation evaluation = meansOf(a, b);
    const PairedDifference result = pairedDifference({&evaluation, 1}, ExampleSets::Shared);
    // What pairing is for: the examples' own spread of 2 does not count, only that of the differences.
    EXPECT_NEAR(result.interval.high - result.interval.low, 2 * 1.96 * 0.5 / std::sqrt(count), 0.015);
    EXPECT_TRUE(result.interval.contains(result.difference));
    EXPECT_EQ(result, pairedDifference({&evaluation, 1}, ExampleSets::Shared)) << "deterministic";
    EXPECT_EQ(result.seeds, 1u);
    EXPECT_EQ(result.examples, count);
    EXPECT_FALSE(result.mcnemar);
}

TEST(PairedDifference, SwappingMirrorsIt)
{
    Rng rng(8, "values");
    std::vector<PairedEvaluation> forward, backward;
    for (int seed = 0; seed < 3; ++seed) {
        const Values a = normals(101, 0.02, 1, rng);
        const Values b = normals(101, 0, 1, rng);
        forward.push_back(meansOf(a, b));
        backward.push_back(meansOf(b, a));
        for (const ExampleSets sets : {ExampleSets::Shared, ExampleSets::Separate}) {
            const PairedDifference one = pairedDifference(forward, sets, 1000);
            const PairedDifference other = pairedDifference(backward, sets, 1000);
            EXPECT_DOUBLE_EQ(one.difference, -other.difference);
            EXPECT_DOUBLE_EQ(one.interval.low, -other.interval.high);
            EXPECT_DOUBLE_EQ(one.interval.high, -other.interval.low);
        }
    }
}

TEST(PairedDifference, FourDiscordantExamplesAreNotEnough)
{
    const PairedEvaluation four = rightOrWrong(ones(4, 800), ones(0, 800));
    const PairedDifference result = pairedDifference({&four, 1}, ExampleSets::Shared);
    EXPECT_NEAR(*result.mcnemar, 0.125, 1e-12);
    EXPECT_TRUE(result.isWithinNoise());
    const PairedEvaluation many = rightOrWrong(ones(12, 800), ones(0, 800));
    const PairedDifference clear = pairedDifference({&many, 1}, ExampleSets::Shared);
    EXPECT_LT(*clear.mcnemar, 0.001);
    EXPECT_FALSE(clear.isWithinNoise());
    const PairedEvaluation same = rightOrWrong(ones(5, 800), ones(5, 800));
    EXPECT_TRUE(pairedDifference({&same, 1}, ExampleSets::Shared).isWithinNoise());
}

TEST(PairedDifference, OfThreeSeedsIsNeverNarrowerThanEitherPart)
{
    Rng rng(5, "values");
    std::vector<PairedEvaluation> evaluations;
    Values bySeed;
    for (int seed = 0; seed < 3; ++seed) {
        evaluations.push_back(meansOf(normals(300, 0.1 * seed, 1, rng), normals(300, 0, 1, rng)));
        bySeed.push_back(pairedDifference({&evaluations.back(), 1}, ExampleSets::Shared).difference);
    }
    const PairedDifference result = pairedDifference(evaluations, ExampleSets::Shared);
    const MeanInterval seeds = meanInterval(bySeed);
    EXPECT_NEAR(result.difference, seeds.mean, 1e-12);
    EXPECT_LT(result.interval.low, seeds.interval->low);
    EXPECT_GT(result.interval.high, seeds.interval->high);
    EXPECT_EQ(result.bySeed, bySeed);
}

/// Share of 500 simulated experiments whose interval holds the true difference.
double coverage(int seeds, double seedSpread, double sharedSpread, double ownSpread)
{
    constexpr int experiments = 500;
    constexpr double truth = 0.3;
    constexpr std::size_t examples = 60;
    Rng rng(2024, "coverage");
    int covered = 0;
    for (int i = 0; i < experiments; ++i) {
        const Values ofExamples = normals(examples, 0, sharedSpread, rng);
        std::vector<PairedEvaluation> evaluations;
        for (int seed = 0; seed < seeds; ++seed) {
            Values a = normals(examples, truth + seedSpread * rng.normal(), ownSpread, rng);
            for (std::size_t e = 0; e < examples; ++e)
                a[e] += ofExamples[e];
            evaluations.push_back(meansOf(a, Values(examples, 0)));
        }
        covered += pairedDifference(evaluations, ExampleSets::Shared, 1000).interval.contains(truth);
    }
    return static_cast<double>(covered) / experiments;
}

TEST(PairedDifference, NinetyFivePercentIntervalsCoverTheTruthThatOften)
{
    const double oneSeed = coverage(1, 0, 0, 1);
    EXPECT_GE(oneSeed, 0.92);
    EXPECT_LE(oneSeed, 0.975);
    EXPECT_GE(coverage(3, 0.2, 0.2, 0.2), 0.935) << "seeds and examples alike";
    EXPECT_GE(coverage(3, 0.3, 0.05, 0.05), 0.93) << "seeds above all";
    EXPECT_GE(coverage(3, 0.001, 1, 0.1), 0.93) << "examples above all";
    // Without the seeds' part it would be far from that.
    EXPECT_LT(coverage(1, 0.3, 0.05, 0.05), 0.6);
}

} // namespace
} // namespace lora::test
