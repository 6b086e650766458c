#include "core/analysis/adapter_resize.h"
#include "core/experiment/quality_loss.h"
#include "core/experiment/rank_curve.h"
#include "core/lora/adapter_injection.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_models.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

/// A model whose adapters in the last layer say something about the rows, which keep what the whole model
/// predicts as their labels: truncation can only lose.
class RankCurveOfAModel : public testing::Test
{
protected:
    RankCurveOfAModel()
    {
        trained.model = tinyModel<float>();
        LoraConfig config;
        config.r = 6;
        config.targetModules = "all-linear";
        config.layersToTransform = {1};
        applyMethod(*trained.model, {MethodType::Lora, config}, 1);
        trained.model->visitParameters([](Parameter<float>& parameter) {
            if (isAdapterParameter(parameter.name()))
                randomize(parameter, 0.6);
            parameter.setGradientOffset(-1); // for use, not for training
        });
        rows = learnableDataset(90);
        const EvaluationResult result = evaluate(trained, rows, 1);
        for (std::size_t i = 0; i < rows.examples.size(); ++i)
            rows.examples[i].classLabel = result.predictions[i];
    }

    TrainedModel trained;
    TokenizedDataset rows;
};

} // namespace

TEST_F(RankCurveOfAModel, MeasuresWhatResizingAndEvaluatingGives)
{
    RankCurveOptions options;
    options.threads = 1;
    const RankCurve curve = measureRankCurve(trained, rows, options);
    ASSERT_EQ(curve.points.size(), 5u); // 0, 1, 2, 4, 6
    EXPECT_EQ(curve.trainedRank, 6);
    EXPECT_EQ(curve.metric, "accuracy");
    EXPECT_EQ(curve.rows, 90);
    EXPECT_EQ(curve.points.back().metrics.at("accuracy"), 1);
    EXPECT_FALSE(curve.points.back().loss);
    LoraConfig config;
    for (const RankPoint& point : curve.points) {
        if (point.rank == 0)
            trained.model->setAdapterStrength(0);
        else if (point.rank < 6)
            continue;
        const EvaluationResult alone = evaluate(trained, rows, 1);
        EXPECT_NEAR(alone.metrics.at("loss"), point.metrics.at("loss"), 1e-5) << point.rank;
        trained.model->setAdapterStrength(1);
    }
    const ResizedAdapter resized = resizeAdapters(*trained.model, config, {2, std::nullopt});
    const EvaluationResult alone = evaluate(trained, rows, 1);
    EXPECT_NEAR(alone.metrics.at("loss"), curve.points[2].metrics.at("loss"), 1e-5);
    EXPECT_NEAR(alone.metrics.at("accuracy"), curve.points[2].metrics.at("accuracy"), 1e-12);
    EXPECT_NEAR(resized.error, curve.points[2].truncationError, 1e-9);
    ASSERT_TRUE(curve.points[2].loss);
    EXPECT_NEAR(curve.points[2].loss->mean, 1 - alone.metrics.at("accuracy"), 1e-12);
    EXPECT_LE(curve.points[2].loss->low, curve.points[2].loss->mean);
    EXPECT_GE(curve.points[2].loss->high, curve.points[2].loss->mean);
    EXPECT_FALSE(curve.advice.sentence.empty());
}

TEST_F(RankCurveOfAModel, LeavesTheModelAsItWas)
{
    const EvaluationResult before = evaluate(trained, rows, 1, {.keepsLogits = true});
    RankCurveOptions options;
    options.threads = 1;
    options.ranks = {3, 0};
    const RankCurve curve = measureRankCurve(trained, rows, options);
    ASSERT_EQ(curve.points.size(), 3u);
    EXPECT_EQ(curve.points[0].rank, 0);
    EXPECT_EQ(curve.points[1].rank, 3);
    EXPECT_EQ(evaluate(trained, rows, 1, {.keepsLogits = true}).logits, before.logits);
}

TEST_F(RankCurveOfAModel, IsTheSameWhateverTheNumberOfWorkers)
{
    RankCurveOptions options;
    options.threads = 1;
    const RankCurve one = measureRankCurve(trained, rows, options);
    options.threads = 3;
    const RankCurve three = measureRankCurve(trained, rows, options);
    for (std::size_t i = 0; i < one.points.size(); ++i) {
        EXPECT_EQ(one.points[i].metrics, three.points[i].metrics);
        EXPECT_EQ(one.points[i].loss.has_value(), i + 1 < one.points.size());
        EXPECT_EQ(one.points[i].loss.value_or(RankLoss{}).low, three.points[i].loss.value_or(RankLoss{}).low);
    }
}

TEST_F(RankCurveOfAModel, RefusesWhatHasNoCurve)
{
    RankCurveOptions options;
    options.ranks = {1, 7};
    expectError(ErrorKind::BadUsage, "rank of 7", [&] { measureRankCurve(trained, rows, options); });
    options.ranks = {-1};
    expectError(ErrorKind::BadUsage, "rank of -1", [&] { measureRankCurve(trained, rows, options); });
    TokenizedDataset unlabelled = rows;
    for (TokenizedExample& example : unlabelled.examples)
        example.classLabel = ignoredLabel;
    expectError(ErrorKind::BadUsage, "no row has a label", [&] { measureRankCurve(trained, unlabelled); });
    mergeAdapters(*trained.model);
    expectError(ErrorKind::BadUsage, "no adapters", [&] { measureRankCurve(trained, rows); });
}

} // namespace lora::test
