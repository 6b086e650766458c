#include "core/experiment/measured_baseline.h"

#include "core/base/error.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(MedianWithInterval, TakesTheOrderStatisticsOfTheBinomial)
{
    // Conover's table: of 15 values the 4th and the 12th hold the median with 96.5 %.
    std::vector<double> values;
    for (int i = 15; i >= 1; --i)
        values.push_back(i);
    const MeasuredRatio fifteen = medianWithInterval(values);
    EXPECT_EQ(fifteen.ratio, 8);
    EXPECT_EQ(fifteen.interval, (Interval{4, 12}));
    const MeasuredRatio six = medianWithInterval({1, 2, 3, 4, 5, 60});
    EXPECT_EQ(six.ratio, 3.5);
    EXPECT_EQ(six.interval, (Interval{1, 60}));
    EXPECT_EQ(medianWithInterval({7}).interval, (Interval{7, 7}));
}

ExperimentConfig topLayer()
{
    ExperimentConfig experiment;
    experiment.model = "builtin:encoder";
    experiment.data.train = "builtin:sentiment";
    experiment.method.lora.targetModules = "all-linear";
    experiment.method.lora.layersToTransform = {{3}};
    experiment.training.perDeviceTrainBatchSize = 8;
    experiment.training.numTrainEpochs = 3;
    experiment.training.hiddenDropout = 0;
    experiment.training.threads = 1;
    return experiment;
}

TEST(MeasuredBaseline, CountsTheComputeOfBothSides)
{
    ExperimentConfig experiment = topLayer();
    experiment.training.prefixCache = "off";
    TrainingControl control;
    const auto without = measureBaseline({experiment, 3}, control);
    ASSERT_TRUE(without);
    EXPECT_EQ(without->method.seconds.size(), 3u);
    EXPECT_EQ(without->full.seconds.size(), 3u);
    EXPECT_FALSE(without->isPrefixKept);
    EXPECT_GT(without->computeRatio(), 0.1);
    EXPECT_LT(without->computeRatio(), 0.6);
    EXPECT_GT(without->method.memoryBytes, 0);
    EXPECT_GT(without->full.memoryBytes, 0);
    experiment.training.prefixCache = "memory";
    const auto with = measureBaseline({experiment, 3}, control);
    ASSERT_TRUE(with);
    EXPECT_TRUE(with->isPrefixKept);
    EXPECT_EQ(with->full.flops, without->full.flops);
    EXPECT_LT(with->method.flops, without->method.flops);
    EXPECT_GT(with->prefixFlops, 0);
    EXPECT_NE(measurementText(*with).find("one pass, spread over 3 epochs"), std::string::npos);
}

TEST(MeasuredBaseline, StopsWhenAsked)
{
    TrainingControl control;
    control.requestStop();
    EXPECT_FALSE(measureBaseline({topLayer(), 3}, control));
}

TEST(MeasuredBaseline, FullFineTuningAgainstItselfIsRefused)
{
    ExperimentConfig experiment = topLayer();
    experiment.method.type = MethodType::Full;
    TrainingControl control;
    EXPECT_THROW(measureBaseline({experiment, 3}, control), Error);
}

} // namespace
} // namespace lora::test
