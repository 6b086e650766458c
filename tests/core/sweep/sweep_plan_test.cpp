// What a sweep consists of: axes, names, order, and what is wrong with them.
#include "core/config/lora_variant.h"
#include "core/data/data_loader.h"
#include "core/experiment/experiment_preparation.h"
#include "core/lora/adapter_injection.h"
#include "core/sweep/sweep_cost.h"
#include "tests/core/sweep/swept_model.h"
#include "tests/support/expect_error.h"

#include <algorithm>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace lora::test {
namespace {

SweepAxes axesOf(const SweepTexts& texts)
{
    ConfigIssues issues;
    SweepAxes axes = readAxes(texts, issues);
    EXPECT_TRUE(issues.empty()) << (issues.empty() ? "" : issues.front().text);
    return axes;
}

/// "field: text" of the only issue there must be.
std::string issueOf(const SweepTexts& texts)
{
    ConfigIssues issues;
    readAxes(texts, issues);
    EXPECT_EQ(issues.size(), 1u);
    return issues.empty() ? "" : issues.front().field + ": " + issues.front().text;
}

std::vector<std::string> labelsOf(const SweepPlan& plan)
{
    std::vector<std::string> labels;
    for (const PlannedRun& run : plan.runs)
        labels.push_back(run.label);
    return labels;
}

} // namespace

TEST(SweepAxes, TextsAreReadAsTheyAreWritten)
{
    const SweepAxes axes = axesOf({.ranks = "1, 4,16",
                                   .targets = "query,value; all-linear;regex:.*key",
                                   .layers = "all;top-half;top-quarter;5,0,1;8-10",
                                   .seeds = "1,2"});
    EXPECT_EQ(axes.ranks, (std::vector{1, 4, 16}));
    EXPECT_EQ(axes.seeds, (std::vector<std::uint64_t>{1, 2}));
    ASSERT_EQ(axes.targets.size(), 3u);
    EXPECT_EQ(std::get<std::vector<std::string>>(axes.targets[0]),
              (std::vector<std::string>{"query", "value"}));
    EXPECT_EQ(std::get<std::string>(axes.targets[1]), "all-linear");
    EXPECT_EQ(std::get<std::string>(axes.targets[2]), ".*key");
    ASSERT_EQ(axes.layers.size(), 5u);
    EXPECT_EQ(axes.layers[3].indices, (std::vector{0, 1, 5}));
    EXPECT_EQ(axes.layers[4].indices, (std::vector{8, 9, 10}));
    EXPECT_EQ(toText(axes.targets[2]), "regex:.*key");
    EXPECT_EQ(toText(axes.layers[2]), "top-quarter");
    EXPECT_TRUE(axesOf({}).ranks.empty());
}

TEST(SweepAxes, WhatIsWrongIsNamedWithWhatIsAllowed)
{
    EXPECT_EQ(issueOf({.ranks = "4,0"}),
              "ranks: found \"0\"; allowed: a whole number from 1 to 4096, separated by commas");
    EXPECT_NE(issueOf({.ranks = "4,"}).find("found \"\""), std::string::npos);
    EXPECT_NE(issueOf({.seeds = "-1"}).find("seeds: found \"-1\""), std::string::npos);
    EXPECT_NE(issueOf({.layers = "top-quater"}).find("did you mean \"top-quarter\"?"), std::string::npos);
    EXPECT_NE(issueOf({.layers = "3-1"}).find("layers: found \"3-1\""), std::string::npos);
    EXPECT_NE(issueOf({.layers = "0-99999999"}).find("layers: "), std::string::npos);
    EXPECT_NE(issueOf({.targets = "query,,value"}).find("targets: found"), std::string::npos);
    EXPECT_EQ(issueOf({.ranks = "4,8,4"}), "ranks: 4 stands twice");
    EXPECT_EQ(issueOf({.layers = "0,1;1,0"}), "layers: 0,1 stands twice");
    EXPECT_NE(issueOf({.learningRates = "1e-3,0"}).find("learning_rates: found \"0\""), std::string::npos);
    EXPECT_EQ(issueOf({.fullLearningRates = "0.001,1e-3"}), "full_learning_rates: 0.001 stands twice");
}

TEST(SweepPlan, EveryCombinationIsARunNamedByWhatVaries)
{
    const SweptModel model;
    SweepAxes axes = axesOf({.ranks = "1,4", .targets = "query,value;all-linear", .seeds = "1,2"});
    axes.isFullIncluded = axes.isHeadIncluded = true;
    const SweepPlan plan = model.plan(axes);
    EXPECT_EQ(plan.name, "tiny");
    const std::vector<std::string> labels = labelsOf(plan);
    ASSERT_EQ(labels.size(), 2u * (2 * 2 + 2));
    EXPECT_EQ(labels.front(), "r=1 query,value seed 1");
    for (const char* label : {"r=4 all-linear seed 2", "head alone seed 1", "full fine-tuning seed 2"})
        EXPECT_EQ(std::ranges::count(labels, label), 1) << label;
    for (const PlannedRun& run : plan.runs)
        EXPECT_EQ(run.experiment.name, run.label);
    EXPECT_EQ(labelsOf(model.plan(axesOf({.ranks = "2,3"}))), (std::vector<std::string>{"r=2", "r=3"}));
}

TEST(SweepPlan, OnlyWhatTheAxesNameDiffersFromTheBase)
{
    const SweptModel model;
    SweepAxes axes = axesOf({.ranks = "2,32", .layers = "top-quarter"});
    axes.isFullIncluded = true;
    for (const PlannedRun& run : model.plan(axes).runs) {
        ExperimentConfig expected = model.base;
        expected.name = run.label;
        if (run.label == "full fine-tuning") {
            expected.method.type = MethodType::Full;
            expected.training.learningRate = model.base.training.learningRate / 10;
        } else {
            expected.method.lora.r = run.label == "r=2" ? 2 : 32;
            expected.method.lora.loraAlpha = 2.0 * expected.method.lora.r; // 16 at rank 8
            expected.method.lora.layersToTransform = {3};
        }
        EXPECT_EQ(run.experiment, expected) << run.label;
    }
}

TEST(SweepPlan, EveryConfigurationIsTrainedAtEachLearningRate)
{
    const SweptModel model;
    SweepAxes axes =
        axesOf({.ranks = "1,4", .learningRates = "5e-4,1e-3", .fullLearningRates = "1e-4, 3e-4"});
    axes.isFullIncluded = axes.isHeadIncluded = true;
    const SweepPlan plan = model.plan(axes);
    ASSERT_EQ(plan.runs.size(), 8u);
    const std::vector<std::string> labels = labelsOf(plan);
    for (const char* label : {"r=1 lr=0.0005", "r=4 lr=0.001", "head alone lr=0.0005",
                              "full fine-tuning lr=0.0003", "full fine-tuning lr=0.0001"})
        EXPECT_EQ(std::ranges::count(labels, label), 1) << label;
    for (const PlannedRun& run : plan.runs)
        EXPECT_TRUE(run.label.ends_with(fmt::format("lr={}", run.experiment.training.learningRate)));
}

TEST(SweepPlan, AlphaFollowsTheRankUnlessItIsFixed)
{
    SweptModel model;
    SweepAxes axes = axesOf({.ranks = "4"});
    EXPECT_EQ(model.plan(axes).runs.front().experiment.method.lora.loraAlpha, 8);
    axes.alpha = AlphaPolicy::Fixed;
    EXPECT_EQ(model.plan(axes).runs.front().experiment.method.lora.loraAlpha, 16);
    axes.alpha.reset();
    model.base.method.lora.useRslora = true;
    EXPECT_EQ(model.plan(axes).runs.front().experiment.method.lora.loraAlpha, 16);
    axes.alpha = AlphaPolicy::Ratio;
    EXPECT_EQ(model.plan(axes).runs.front().experiment.method.lora.loraAlpha, 8);
}

TEST(SweepAxes, VariantsAreNamesEachOnce)
{
    EXPECT_EQ(axesOf({.variants = "lora,rslora, dora,pissa,olora,lora-fa,lora+"}).variants, loraVariants());
    EXPECT_NE(issueOf({.variants = "dorra"}).find("did you mean \"dora\"?"), std::string::npos);
    EXPECT_NE(issueOf({.variants = "dora,dora"}).find("dora stands twice"), std::string::npos);
}

TEST(SweepPlan, VariantsDifferInNothingElse)
{
    const SweptModel model;
    const ExperimentConfig& base = model.base;
    SweepAxes axes = axesOf({.ranks = "2,4"});
    axes.variants = loraVariants();
    const SweepPlan plan = model.plan(axes);
    ASSERT_EQ(plan.runs.size(), 14u);
    EXPECT_EQ(plan.runs.front().label, "lora r=2");
    for (const PlannedRun& run : plan.runs) {
        const LoraConfig& lora = run.experiment.method.lora;
        const std::string name = run.label.substr(0, run.label.find(' '));
        EXPECT_EQ(variantOf(lora), name == "lora+" ? "lora" : name);
        EXPECT_EQ(lora.loraplusLrRatio.has_value(), name == "lora+");
        // rsLoRA needs no other alpha for another rank.
        EXPECT_EQ(lora.loraAlpha, name == "rslora"
                                      ? base.method.lora.loraAlpha
                                      : base.method.lora.loraAlpha * lora.r / base.method.lora.r);
        ExperimentConfig plain = run.experiment;
        setVariant(plain.method.lora, "lora");
        plain.method.lora.r = base.method.lora.r;
        plain.method.lora.loraAlpha = base.method.lora.loraAlpha;
        plain.name = base.name;
        EXPECT_EQ(plain.method, base.method);
    }
}

TEST(SweepPlan, RunsThatShareFrozenLayersStandSideBySide)
{
    const SweptModel model;
    // Layers 2 and 3, and layer 2 alone, have the same lowest one.
    SweepAxes axes = axesOf({.ranks = "1,2", .layers = "2;all;top-half;3", .seeds = "7,8"});
    axes.isHeadIncluded = true;
    const SweepPlan plan = model.plan(axes);
    std::vector<int> lowest;
    for (const PlannedRun& run : plan.runs)
        if (lowest.empty() || lowest.back() != run.lowestLayer)
            lowest.push_back(run.lowestLayer);
    EXPECT_EQ(lowest, (std::vector{2, 0, 3, 4}));
    EXPECT_EQ(plan.runs[3].label, "r=2 top-half seed 7");
    EXPECT_EQ(plan.runs[4].label, "r=1 layers 2 seed 8");
}

TEST(SweepPlan, ProblemsOfAllRunsAreToldAtOnceByTheirFields)
{
    SweptModel model;
    model.base.training.learningRate = -1;
    model.base.method.lora.loraDropout = 2;
    expectError(ErrorKind::BadUsage, "training.learning_rate: found -1",
                [&] { model.plan(axesOf({.ranks = "1,2"})); });
    expectError(ErrorKind::BadUsage, "2 problems", [&] { model.plan(axesOf({.ranks = "1,2"})); });
}

TEST(SweepPlan, ProblemsAreAlsoToldAsValuesEachOnce)
{
    SweptModel model;
    const ModelSummary summary = describeModel(model.base.model, model.base.task);
    EXPECT_TRUE(checkSweep(model.base, axesOf({.ranks = "1,2"}), summary).empty());
    model.base.training.learningRate = -1;
    const ConfigIssues issues = checkSweep(model.base, axesOf({.ranks = "1,2", .seeds = "1,2"}), summary);
    ASSERT_EQ(issues.size(), 1u);
    EXPECT_EQ(issues[0].field, "training.learning_rate");
    const ConfigIssues ofAxes = checkSweep(model.base, axesOf({.layers = "9"}), summary);
    ASSERT_EQ(ofAxes.size(), 1u);
    EXPECT_EQ(ofAxes[0].field, "layers");
}

TEST(SweepPlan, WhatASweepCannotVaryIsRefused)
{
    SweptModel model;
    expectError(ErrorKind::BadUsage, "layers: found 4; the model has layers 0 to 3",
                [&] { model.plan(axesOf({.layers = "3;4"})); });
    expectError(ErrorKind::BadUsage, "nowhere", [&] { model.plan(axesOf({.targets = "nowhere"})); });
    std::string seeds = "0";
    for (int seed = 1; seed <= 1000; ++seed)
        seeds += "," + std::to_string(seed);
    expectError(ErrorKind::BadUsage, "1001 runs", [&] { model.plan(axesOf({.seeds = seeds})); });
    model.base.method.lora.rankPattern = {{"query", 3}};
    expectError(ErrorKind::BadUsage, "method.rank_pattern", [&] { model.plan(axesOf({.ranks = "1"})); });
    model.base.method.lora.rankPattern.clear();
    model.base.method.lora.alphaPattern = {{"query", 3}};
    expectError(ErrorKind::BadUsage, "method.alpha_pattern", [&] { model.plan(axesOf({.ranks = "1"})); });
    model.base.method.lora.alphaPattern.clear();
    model.base.method.lora.initAdapter = "somewhere";
    expectError(ErrorKind::BadUsage, "method.init_adapter", [&] { model.plan(axesOf({.ranks = "1"})); });
}

TEST(SweepCost, ARunThatSharesFrozenLayersIsExpectedToTakeLess)
{
    const SweptModel model;
    const SweepPlan plan = model.plan(axesOf({.ranks = "2,4", .layers = "all;3"}));
    WorkloadFacts facts;
    facts.model = describeModel(model.base.model, model.base.task);
    facts.trainLengths.assign(60, 6);
    Calibration calibration;
    calibration.workers = 1;
    calibration.gemmFlopsPerSecond = calibration.elementwiseBytesPerSecond = 1e9;
    const std::vector<PlannedCost> costs = estimateSweep(plan, facts, calibration);
    ASSERT_EQ(costs.size(), 4u);
    EXPECT_FALSE(costs[0].sharesPrefix);
    EXPECT_FALSE(costs[1].sharesPrefix) << "every layer is trained";
    EXPECT_FALSE(costs[2].sharesPrefix) << "the first computes it";
    EXPECT_TRUE(costs[3].sharesPrefix);
    EXPECT_LT(costs[3].seconds, costs[2].seconds);
    EXPECT_GT(costs[3].seconds, 0);
    EXPECT_GT(costs[3].trainableParameters, costs[2].trainableParameters);
    EXPECT_LT(costs[2].computeRatio, costs[0].computeRatio);
}

/// The promise that makes runs comparable: the seed alone decides data, batches and start.
TEST(SweepPairs, RankTargetsAndLayersChangeNeitherBatchesNorStart)
{
    SweptModel model;
    model.base.data.eval.reset();
    model.base.data.evalSplit = 0.2;
    SweepAxes axes = axesOf({.ranks = "1,4", .targets = "query,value;all-linear", .layers = "all;3"});
    axes.isFullIncluded = axes.isHeadIncluded = true;

    struct Start
    {
        std::vector<std::vector<std::int32_t>> batches;
        std::vector<std::vector<std::int32_t>> evalRows;
        std::map<std::string, std::vector<float>> head;
    };
    const auto startOf = [](const ExperimentConfig& experiment) {
        ExperimentData data = prepareData(experiment);
        Start start;
        DataLoader loader(data.data.train, experiment);
        std::vector<Batch> group;
        for (std::int64_t step = 0; step < 2 * loader.stepsPerEpoch(); ++step) {
            loader.load(step, group);
            for (const Batch& batch : group)
                start.batches.push_back(batch.inputIds);
        }
        for (const TokenizedExample& example : data.data.eval.examples)
            start.evalRows.push_back(example.inputIds);
        const ExperimentModel prepared = prepareModel(data);
        prepared.model->visitHeadParameters([&](Parameter<float>& parameter) {
            if (!isAdapterParameter(parameter.name()))
                start.head[parameter.name()] = {parameter.data(), parameter.data() + parameter.size()};
        });
        return start;
    };
    const SweepPlan plan = model.plan(axes);
    ASSERT_EQ(plan.runs.size(), 10u);
    const Start first = startOf(plan.runs.front().experiment);
    ASSERT_FALSE(first.evalRows.empty());
    ASSERT_FALSE(first.head.empty());
    for (const PlannedRun& run : plan.runs) {
        const Start start = startOf(run.experiment);
        EXPECT_EQ(start.batches, first.batches) << run.label;
        EXPECT_EQ(start.evalRows, first.evalRows) << run.label;
        EXPECT_EQ(start.head, first.head) << run.label;
    }
    ExperimentConfig other = plan.runs.front().experiment;
    ++other.training.seed;
    const Start start = startOf(other);
    EXPECT_NE(start.batches, first.batches);
    EXPECT_NE(start.head, first.head);
}

} // namespace lora::test
