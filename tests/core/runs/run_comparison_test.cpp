#include "core/runs/run_comparison.h"

#include "tests/core/runs/sample_runs.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace lora {
namespace {

using namespace test;
using Runs = std::vector<std::shared_ptr<const RunRecord>>;

std::shared_ptr<RunRecord> madeRun(const std::string& name, MethodType method, int rank = 8)
{
    auto record = std::make_shared<RunRecord>();
    record->id = name;
    record->experiment = sampleExperiment(name);
    record->experiment.method.type = method;
    record->experiment.method.lora.r = rank;
    RunSummary& summary = record->summary;
    summary.outcome = "completed";
    summary.primaryMetric = "accuracy";
    summary.tokensTrained = 1000;
    summary.trainSeconds = 6;
    summary.flops = 6.6e9;
    summary.flopsFullFineTuning = 1e10;
    summary.peakMemoryBytes = 60 << 20;
    summary.trainableParameters = 1234 * rank;
    summary.totalParameters = 1000000;
    summary.best = {{"accuracy", 0.9}};
    summary.untuned = {{"accuracy", 0.5}};
    return record;
}

std::shared_ptr<RunRecord> fullRun()
{
    auto record = madeRun("full", MethodType::Full);
    record->summary.tokensTrained = 2000; // longer than the others
    record->summary.trainSeconds = 24;
    record->summary.flops = 2e10;
    record->summary.peakMemoryBytes = 240 << 20;
    return record;
}

/// Columns of a terminal; the only wide characters in these tests are three bytes long and begin with 0xE8.
std::size_t columns(const std::string& line)
{
    return static_cast<std::size_t>(
        std::count_if(line.begin(), line.end(), [](char byte) { return (byte & 0xC0) != 0x80; }) +
        std::count(line.begin(), line.end(), '\xe8'));
}

TEST(RunComparison, RatiosAreMeasuredPerTokenWhenThereIsAFullRun)
{
    const RunComparison comparison = compareRuns({madeRun("a", MethodType::Lora), fullRun()});
    const ComparisonRow& row = comparison.rows[0];
    EXPECT_EQ(row.computeRatioSource, RatioSource::Measured);
    EXPECT_DOUBLE_EQ(*row.computeRatio, 0.66);
    EXPECT_DOUBLE_EQ(*row.timeRatio, 0.5);
    EXPECT_DOUBLE_EQ(*row.memoryRatio, 0.25);
    EXPECT_DOUBLE_EQ(*comparison.rows[1].computeRatio, 1);
    EXPECT_FALSE(comparison.rows[1].rank);
}

TEST(RunComparison, WithoutAFullRunTheLedgerAnswersAndNothingElseIsClaimed)
{
    const RunComparison comparison = compareRuns({madeRun("a", MethodType::Lora)});
    EXPECT_EQ(comparison.rows[0].computeRatioSource, RatioSource::Ledger);
    EXPECT_DOUBLE_EQ(*comparison.rows[0].computeRatio, 0.66);
    EXPECT_FALSE(comparison.rows[0].timeRatio);
    EXPECT_FALSE(comparison.rows[0].memoryRatio);
}

TEST(RunComparison, AFullRunOnOtherDataIsNoBaseline)
{
    auto other = fullRun();
    other->experiment.data.train = "builtin:topics";
    EXPECT_EQ(compareRuns({madeRun("a", MethodType::Lora), other}).rows[0].computeRatioSource,
              RatioSource::Ledger);
}

TEST(RunComparison, NamesTheSettingsThatDiffer)
{
    auto second = madeRun("b", MethodType::Lora, 16);
    second->experiment.training.seed = 43;
    const RunComparison comparison = compareRuns({madeRun("a", MethodType::Lora, 8), second});
    ASSERT_EQ(comparison.differing.size(), 2u);
    EXPECT_EQ(comparison.differing[0].key, "method.r");
    EXPECT_EQ(comparison.differing[0].values, (std::vector<std::string>{"8", "16"}));
    EXPECT_EQ(comparison.differing[1].key, "training.seed");
}

TEST(RunComparison, ARankAFullRunDoesNotUseIsNoValue)
{
    const RunComparison comparison = compareRuns({madeRun("a", MethodType::Lora), fullRun()});
    const auto rank = std::find_if(comparison.differing.begin(), comparison.differing.end(),
                                   [](const auto& setting) { return setting.key == "method.r"; });
    ASSERT_NE(rank, comparison.differing.end());
    EXPECT_EQ(rank->values, (std::vector<std::string>{"8", "–"}));
}

TEST(RunComparison, TargetsAreNamedForPeople)
{
    LoraConfig config;
    EXPECT_EQ(targetsText(config), "query, value");
    config.targetModules = "all-linear";
    config.layersToTransform = {{3}};
    EXPECT_EQ(targetsText(config), "all-linear in layer 3");
    config.layersToTransform = {{2, 3}};
    EXPECT_EQ(targetsText(config), "all-linear in layers 2, 3");
}

TEST(ComparisonTable, FitsATerminalWhateverTheNamesAre)
{
    const std::string table = comparisonTable(compareRuns(
        {madeRun(std::string(300, 'n'), MethodType::Lora), madeRun("short \x1b[31m\n name", MethodType::Head),
         fullRun(), madeRun("评论评论评论评论评论评论评论评论评论评论评论评论 r=8", MethodType::Lora)}));
    std::istringstream lines(table);
    int count = 0;
    for (std::string line; std::getline(lines, line); ++count)
        EXPECT_LE(columns(line), 80u) << line;
    EXPECT_EQ(count, 1 + 4 + 2);
    EXPECT_EQ(table.find('\x1b'), std::string::npos);
    EXPECT_NE(table.find("−34 %"), std::string::npos);
    EXPECT_NE(table.find("60.0 MiB"), std::string::npos);
    EXPECT_NE(table.find("accuracy"), std::string::npos);
}

TEST(ComparisonTable, AnEmptyComparisonIsAHeading)
{
    EXPECT_EQ(comparisonTable(compareRuns({})).substr(0, 3), "run");
}

TEST(RunComparison, JsonHoldsTheSummaries)
{
    const auto document = comparisonJson({madeRun("a", MethodType::Lora)});
    EXPECT_EQ(document["runs"][0]["name"], "a");
    EXPECT_EQ(document["runs"][0]["best"]["eval_accuracy"], 0.9);
    EXPECT_TRUE(document["paired"].is_array());
}

} // namespace
} // namespace lora
