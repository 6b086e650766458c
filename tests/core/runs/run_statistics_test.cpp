#include "core/runs/run_statistics.h"

#include "core/base/display_text.h"
#include "core/runs/outcome_file.h"
#include "tests/core/runs/sample_runs.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace lora::test {
namespace {

using Runs = std::vector<std::shared_ptr<const RunRecord>>;

constexpr std::size_t examples = 400;

/// Classification of which the examples from `firstWrong` on are wrong, and every `period`-th before.
ExampleOutcomes outcomesOf(std::size_t firstWrong, std::size_t period = 1000)
{
    ExampleOutcomes outcomes;
    outcomes.examplesHash = "0011223344556677";
    outcomes.classes = 2;
    for (std::size_t i = 0; i < examples; ++i) {
        const bool isRight = i < firstWrong && i % period != period - 1;
        outcomes.columns["label"].push_back(1);
        outcomes.columns["predicted"].push_back(isRight ? 1 : 0);
        outcomes.columns["loss"].push_back(isRight ? 0.1 : 2);
        outcomes.columns["items"].push_back(1);
    }
    return outcomes;
}

class RunStatisticsTest : public ::testing::Test
{
protected:
    std::shared_ptr<const RunRecord> made(const std::string& name, MethodType method, std::uint64_t seed,
                                          const std::optional<ExampleOutcomes>& outcomes, int rank = 8)
    {
        auto record = std::make_shared<RunRecord>();
        record->id = name;
        record->folder = m_folder / name;
        record->experiment = sampleExperiment(name);
        record->experiment.method.type = method;
        record->experiment.method.lora.r = method == MethodType::Lora ? rank : 8;
        record->experiment.training.seed = seed;
        RunSummary& summary = record->summary;
        summary.outcome = "completed";
        summary.primaryMetric = "accuracy";
        summary.flops = method == MethodType::Full ? 1e10 : 2.6e9;
        summary.flopsFullFineTuning = 1e10;
        summary.tokensTrained = 1000;
        std::filesystem::create_directories(record->folder);
        if (outcomes) {
            double right = 0;
            for (const double predicted : *outcomes->column("predicted"))
                right += predicted;
            summary.best = {{"accuracy", right / examples}};
            writeOutcomes(record->folder, {{8, *outcomes}});
        }
        return record;
    }

    RunStatistics statisticsOf(const Runs& runs, const std::string& baseline = "")
    {
        return runStatistics(runs, compareRuns(runs), baseline);
    }

    TemporaryFolder m_folder;
};

TEST_F(RunStatisticsTest, SeedsOfOneConfigurationAreOneGroupAndPairedBySeed)
{
    Runs runs;
    for (const std::uint64_t seed : {1, 2, 3}) {
        const std::string suffix = " seed " + std::to_string(seed);
        runs.push_back(made("rank 4" + suffix, MethodType::Lora, seed, outcomesOf(350 + seed, 90)));
        runs.push_back(made("full" + suffix, MethodType::Full, seed, outcomesOf(352 + seed, 97)));
    }
    const RunStatistics statistics = statisticsOf(runs);
    ASSERT_EQ(statistics.groups.size(), 2u);
    EXPECT_EQ(statistics.groups[0].name, "rank 4");
    EXPECT_EQ(statistics.baseline, 1u) << "full fine-tuning is the measure";
    EXPECT_NEAR(*statistics.groups[0].computeRatio, 0.26, 1e-9);
    ASSERT_EQ(statistics.comparisons.size(), 1u);
    const GroupComparison& comparison = statistics.comparisons[0];
    EXPECT_EQ(comparison.pairs[1], (std::pair<std::size_t, std::size_t>(2, 3)));
    ASSERT_TRUE(comparison.difference);
    EXPECT_EQ(comparison.difference->seeds, 3u);
    EXPECT_NEAR(comparison.difference->difference,
                statistics.groups[0].metric->mean - statistics.groups[1].metric->mean, 1e-12);
    EXPECT_EQ(verdictText(statistics, comparison), "within noise");
    const std::string text = statisticsConclusion(statistics);
    for (const char* part : {"rank 4 is within noise of full", "points of accuracy", "95 % interval",
                             "400 examples", "3 seeds", "at 26.0 % of its compute"})
        EXPECT_NE(text.find(part), std::string::npos) << part << " in: " << text;
}

TEST_F(RunStatisticsTest, AClearDifferenceIsNotNoiseInEitherDirection)
{
    const Runs runs = {made("weak", MethodType::Lora, 1, outcomesOf(300)),
                       made("full", MethodType::Full, 1, outcomesOf(350)),
                       made("strong", MethodType::Lora, 1, outcomesOf(390), 4)};
    const RunStatistics statistics = statisticsOf(runs);
    ASSERT_EQ(statistics.comparisons.size(), 2u);
    EXPECT_EQ(verdictText(statistics, statistics.comparisons[0]), "worse");
    EXPECT_EQ(verdictText(statistics, statistics.comparisons[1]), "better");
    EXPECT_LT(*statistics.comparisons[0].difference->mcnemar, 1e-6);
    EXPECT_NE(statisticsConclusion(statistics).find("strong is better than full fine-tuning"),
              std::string::npos)
        << statisticsConclusion(statistics);
    const RunStatistics other = statisticsOf(runs, "weak");
    EXPECT_EQ(other.baselineGroup().name, "weak");
    EXPECT_DOUBLE_EQ(other.comparisons[0].difference->difference,
                     -statistics.comparisons[0].difference->difference);
    expectError(ErrorKind::BadUsage, "nobody", [&] { statisticsOf(runs, "nobody"); });
}

TEST_F(RunStatisticsTest, EveryConfigurationIsJudgedByItsBestLearningRate)
{
    Runs runs;
    const auto add = [&](const char* name, MethodType method, double rate, std::size_t right) {
        runs.push_back(made(name, method, 1, outcomesOf(right, 97)));
        const_cast<RunRecord&>(*runs.back()).experiment.training.learningRate = rate;
    };
    add("full slow", MethodType::Full, 1e-5, 300);
    add("full", MethodType::Full, 1e-4, 352);
    add("rank 4 slow", MethodType::Lora, 1e-4, 302);
    add("rank 4", MethodType::Lora, 1e-3, 351);
    const RunStatistics statistics = statisticsOf(runs);
    EXPECT_EQ(statistics.baselineGroup().name, "full") << "a badly trained baseline is easily equalled";
    for (const RunGroup& group : statistics.groups) {
        EXPECT_EQ(group.triedRates, 2u) << group.name;
        EXPECT_EQ(group.isBestRate, !group.name.ends_with("slow")) << group.name;
    }
    EXPECT_TRUE(statisticsConclusion(statistics).starts_with("rank 4 is within noise of full"))
        << statisticsConclusion(statistics);
    EXPECT_NE(statisticsTable(statistics).find("best of up to 2 learning"), std::string::npos);
}

TEST_F(RunStatisticsTest, WhereSmallerIsBetterAHigherLossIsWorse)
{
    Runs runs = {made("weak", MethodType::Lora, 1, outcomesOf(300)),
                 made("full", MethodType::Full, 1, outcomesOf(350))};
    for (const auto& run : runs)
        const_cast<RunRecord&>(*run).summary.primaryMetric = "loss";
    const RunStatistics statistics = statisticsOf(runs);
    EXPECT_GT(statistics.comparisons[0].difference->difference, 0);
    EXPECT_EQ(verdictText(statistics, statistics.comparisons[0]), "worse");
    EXPECT_EQ(differenceText("loss", 0.031), "0.031");
    EXPECT_EQ(differenceText("accuracy", -0.004), "−0.40");
    EXPECT_EQ(differenceText("accuracy", -0.0994), "−9.9");
    EXPECT_EQ(differenceText("accuracy", -0.0996), "−10.0");
    EXPECT_EQ(differenceText("accuracy", -0.111), "−11.1");
    EXPECT_EQ(intervalText("f1", {-0.019, 0.123}), "−1.9 to 12.3");
}

TEST_F(RunStatisticsTest, NothingIsSaidOfOtherExamplesOrOfOldRuns)
{
    ExampleOutcomes others = outcomesOf(350);
    others.examplesHash = "ffffffffffffffff";
    const RunStatistics statistics = statisticsOf({made("other", MethodType::Lora, 1, others),
                                                   made("full", MethodType::Full, 1, outcomesOf(350)),
                                                   made("old", MethodType::Lora, 1, std::nullopt, 4)});
    EXPECT_FALSE(statistics.comparisons[0].difference);
    EXPECT_EQ(statistics.comparisons[0].unknown, "they were evaluated on different examples");
    EXPECT_EQ(statistics.comparisons[1].unknown, "old did not record its evaluation example by example");
    for (const GroupComparison& comparison : statistics.comparisons) {
        EXPECT_EQ(verdictText(statistics, comparison), "cannot tell");
        EXPECT_NE(comparisonSentence(statistics, comparison).find("cannot be told"), std::string::npos);
    }
}

TEST_F(RunStatisticsTest, TheSameSeedTwiceIsNoSecondSeed)
{
    const RunStatistics statistics = statisticsOf({made("once", MethodType::Lora, 1, outcomesOf(350)),
                                                   made("again", MethodType::Lora, 1, outcomesOf(350))});
    ASSERT_EQ(statistics.groups.size(), 2u);
    EXPECT_EQ(statistics.comparisons[0].difference->seeds, 1u);
    EXPECT_EQ(statistics.comparisons[0].difference->interval.low,
              -statistics.comparisons[0].difference->interval.high);
}

TEST_F(RunStatisticsTest, TheTableFitsATerminalAndJsonHoldsTheNumbers)
{
    const Runs runs = {made("a configuration with a very long name indeed, longer than a line",
                            MethodType::Lora, 1, outcomesOf(300)),
                       made("full", MethodType::Full, 1, outcomesOf(350))};
    const RunStatistics statistics = statisticsOf(runs);
    std::istringstream lines(statisticsTable(statistics));
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        EXPECT_LE(displayWidth(line), 80u) << line;
    EXPECT_GE(count, 3);
    const auto document = pairedJson(statistics, compareRuns(runs));
    ASSERT_EQ(document.size(), 1u);
    EXPECT_EQ(document[0]["b"], "full");
    EXPECT_DOUBLE_EQ(document[0]["difference"].get<double>(), -0.125);
    EXPECT_EQ(document[0]["seeds"], 1);
    EXPECT_EQ(document[0]["examples"], 400);
    EXPECT_EQ(document[0]["verdict"], "worse");
    EXPECT_TRUE(statisticsTable(statisticsOf({runs[0]})).empty());
    EXPECT_TRUE(statisticsTable(statisticsOf({})).empty());
}

} // namespace
} // namespace lora::test
