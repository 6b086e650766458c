#include "core/runs/run_summary_json.h"

#include "tests/core/runs/sample_runs.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace lora {
namespace {

using namespace test;

RunSummary fullSummary()
{
    RunSummary summary;
    summary.outcome = "diverged";
    summary.message = "loss is not finite at step 7";
    summary.steps = 7;
    summary.epochs = 0.5;
    summary.trainSeconds = 12.25;
    summary.trainableParameters = 294912;
    summary.totalParameters = 109778690;
    summary.adapterBytes = 1183000;
    summary.peakMemoryBytes = 1 << 30;
    summary.tokensTrained = 12345;
    summary.flops = 1.5e15;
    summary.flopsFullFineTuning = 2.5e15;
    summary.estimatedSeconds = 11;
    summary.estimatedMemoryBytes = 9e8;
    summary.estimatedFlops = 1.4e15;
    summary.untuned = {{"accuracy", 0.5}, {"loss", 0.7}};
    summary.final = {{"accuracy", 0.8}, {"loss", 0.4}};
    summary.best = {{"accuracy", 0.9}, {"loss", 0.3}};
    summary.bestStep = 5;
    summary.primaryMetric = "accuracy";
    summary.host = "a processor";
    summary.version = "1.2.3";
    summary.startedAt = "2026-01-02T03:04:05Z";
    return summary;
}

TEST(RunSummaryJson, HasTheKeysOfTheFormat)
{
    const auto document = toJson(fullSummary());
    EXPECT_EQ(document["trainable_parameters"], 294912);
    EXPECT_EQ(document["flops_full_fine_tuning"], 2.5e15);
    EXPECT_EQ(document["untuned"]["eval_accuracy"], 0.5);
    EXPECT_EQ(document["final"]["eval_loss"], 0.4);
    EXPECT_EQ(document["best"]["step"], 5);
    EXPECT_EQ(document["best"]["eval_accuracy"], 0.9);
    EXPECT_EQ(document["estimate"]["memory_bytes"], 9e8);
}

TEST(RunSummaryJson, SurvivesTheRoundTrip)
{
    const auto document = toJson(fullSummary());
    const RunSummary again = runSummaryFromJson(nlohmann::json::parse(document.dump()), "test");
    EXPECT_EQ(toJson(again), document);
    EXPECT_EQ(again.best.at("accuracy"), 0.9);
    EXPECT_FALSE(again.best.contains("step"));
}

TEST(RunSummaryJson, WhatWasNotMeasuredIsLeftOut)
{
    RunSummary summary;
    summary.outcome = "stopped";
    const auto document = toJson(summary);
    for (const char* key :
         {"peak_memory_bytes", "energy_joules", "flops", "untuned", "final", "best", "estimate", "host"})
        EXPECT_FALSE(document.contains(key)) << key;
    EXPECT_EQ(document["steps"], 0);
}

TEST(RunSummaryJson, BestIsTheEarliestBestAfterTraining)
{
    RunSummary summary;
    summary.primaryMetric = "accuracy";
    summarizeEvaluations({sampleEvaluation(0, 0.95), sampleEvaluation(10, 0.7), sampleEvaluation(20, 0.9),
                          sampleEvaluation(30, 0.9), sampleEvaluation(40, 0.8)},
                         summary);
    EXPECT_EQ(summary.bestStep, 20);
    EXPECT_EQ(summary.untuned.at("accuracy"), 0.95);
    EXPECT_EQ(summary.final.at("accuracy"), 0.8);
}

TEST(RunSummaryJson, BestByLossIsTheLowest)
{
    RunSummary summary;
    summary.primaryMetric = "loss";
    summarizeEvaluations({sampleEvaluation(10, 0.7), sampleEvaluation(20, 0.9), sampleEvaluation(30, 0.8)},
                         summary);
    EXPECT_EQ(summary.bestStep, 20);
}

} // namespace
} // namespace lora
