#include "core/cost/cost_model.h"
#include "tests/support/model_folder.h"
#include "tests/training/tiny_run.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

constexpr TaskType classification = TaskType::SequenceClassification;

struct Estimated
{
    ExperimentConfig experiment;
    WorkloadFacts facts;
    Calibration calibration{.workers = 2};

    explicit Estimated(const TinyBert& shape = {.hidden = 12, .layers = 3, .heads = 2, .intermediate = 20})
    {
        experiment.method = loraMethod();
        ModelFolder folder(shape, classification, 2);
        facts.model = describeModel(folder.write().string(), classification, 2);
        facts.trainLengths.assign(100, 12);
    }
    CostReport report() const { return estimateCost(experiment, facts, calibration); }
};

TEST(GradientCheckpointing, IsSwitchedOnWhereMemoryIsShort)
{
    Estimated estimated;
    EXPECT_FALSE(estimated.report().method.isCheckpointing); // a machine of unknown size
    const double needed = estimated.report().method.memory.total();
    estimated.calibration.machineBytes = needed / 0.69;
    EXPECT_FALSE(estimated.report().method.isCheckpointing);
    estimated.calibration.machineBytes = needed / 0.71;
    const CostReport report = estimated.report();
    EXPECT_TRUE(report.method.isCheckpointing);
    EXPECT_TRUE(report.fullFineTuning.isCheckpointing); // the baseline does as the method does
    EXPECT_LT(report.method.memory.total(), needed);
    estimated.experiment.training.gradientCheckpointing = false;
    EXPECT_FALSE(estimated.report().method.isCheckpointing);
}

TEST(GradientCheckpointing, CostsOneForwardPassMore)
{
    Estimated estimated;
    const FlopsPerToken kept = estimated.report().method.flopsPerToken;
    estimated.experiment.training.gradientCheckpointing = true;
    const CostReport report = estimated.report();
    const FlopsPerToken& twice = report.method.flopsPerToken;
    EXPECT_EQ(twice.forward, kept.forward);
    EXPECT_GT(twice.activationGradients, kept.activationGradients + 0.9 * kept.forward);
    EXPECT_LT(twice.activationGradients, kept.activationGradients + kept.forward);
    double saved = 0;
    for (const SavingSource& source : report.savings)
        saved += source.share;
    EXPECT_NEAR(saved, 1 - report.computeRatio(), 1e-12);
}

} // namespace
} // namespace lora::test
