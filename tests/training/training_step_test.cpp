#include "core/lora/adapter_injection.h"
#include "core/train/training_step.h"
#include "tests/training/tiny_run.h"

#include <cmath>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

/// A tiny model, one step's gradients, and what they took.
template <class T>
struct OneStep
{
    OneStep(const TinyBert& tiny, TaskType task, const MethodConfig& method, int workers = 2,
            GradientSharing sharing = GradientSharing::Large)
        : pool(workers)
        , model(tinyModel<T>(tiny, task, isLanguageModelling(task) ? 0 : 3))
        , trainable(applyMethod(*model, method, 1))
        , step(*model, trainable, pool, {}, 1, sharing)
        , batch(randomBatch({7, 2, 9, 1, 4, 8, 3}, task, tiny))
    {}

    std::vector<T> gradients()
    {
        result = step.accumulate(std::span(&batch, 1), 5);
        return step.gradients().values();
    }

    /// The same again as a group of three batches, the last with fewer sequences than workers.
    std::vector<T> groupGradients(TaskType task, const TinyBert& tiny)
    {
        const std::vector<Batch> group = {batch, randomBatch({3, 12, 5, 5, 6}, task, tiny),
                                          randomBatch({6}, task, tiny)};
        result = step.accumulate(group, 5);
        return step.gradients().values();
    }

    WorkerPool pool;
    std::unique_ptr<LanguageModel<T>> model;
    TrainableParameters<T> trainable;
    TrainingStep<T> step;
    Batch batch;
    StepResult result;
};

struct StepCase
{
    std::string name;
    TinyBert tiny;
    TaskType task;
    MethodConfig method;
};

std::vector<StepCase> stepCases()
{
    std::vector<StepCase> cases;
    const MethodConfig full{.type = MethodType::Full, .lora = {}};
    for (const char* family : {"bert", "albert", "gpt2", "llama"}) {
        TinyBert tiny;
        tiny.family = family;
        tiny.hidden = 8;
        tiny.heads = 4;
        if (tiny.family == "llama")
            tiny.more = {{"num_key_value_heads", 2}, {"head_dim", 4}};
        const bool isDecoder = tiny.family == "gpt2" || tiny.family == "llama";
        const TaskType task = isDecoder ? TaskType::CausalLm : TaskType::SequenceClassification;
        cases.push_back({tiny.family + "Lora", tiny, task, loraMethod(2, "all-linear")});
        cases.push_back({tiny.family + "Full", tiny, task, full});
    }
    return cases;
}

class Steps : public testing::TestWithParam<StepCase>
{};

TEST_P(Steps, PiecesOfAShareAddUpToTheWhole)
{
    OneStep<double> whole(GetParam().tiny, GetParam().task, GetParam().method);
    OneStep<double> pieces(GetParam().tiny, GetParam().task, GetParam().method);
    for (LanguageModel<double>* model : {whole.model.get(), pieces.model.get()})
        model->setDropout(0, 0, 0);
    pieces.step.setTokensPerPiece(8);
    const std::vector<double> expected = whole.gradients();
    const std::vector<double> actual = pieces.gradients();
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_NEAR(actual[i], expected[i], 1e-12);
    EXPECT_NEAR(pieces.result.loss, whole.result.loss, 1e-12);
    EXPECT_EQ(pieces.result.flops, whole.result.flops) << "no work is done twice";
    EXPECT_LT(pieces.step.arenaPeakBytes(), whole.step.arenaPeakBytes());
}

TEST_P(Steps, CheckpointingGivesTheSameBitsWithDropout)
{
    TinyBert dropping = GetParam().tiny;
    dropping.dropout = 0.2;
    OneStep<float> kept(dropping, GetParam().task, GetParam().method);
    OneStep<float> again(dropping, GetParam().task, GetParam().method);
    again.step.setGradientCheckpointing(true);
    EXPECT_EQ(again.gradients(), kept.gradients());
    EXPECT_EQ(again.result.loss, kept.result.loss);
    EXPECT_GT(again.result.flops, kept.result.flops);
    EXPECT_LT(again.step.arenaPeakBytes(), kept.step.arenaPeakBytes());
}

TEST_P(Steps, SharedGradientsEqualThoseOfWorkersWithTheirOwn)
{
    const auto& [name, tiny, task, method] = GetParam();
    TinyBert dropping = tiny;
    dropping.dropout = 0.2;
    for (const int workers : {1, 2, 4}) {
        OneStep<double> separate(dropping, task, method, workers, GradientSharing::None);
        OneStep<double> shared(dropping, task, method, workers, GradientSharing::All);
        shared.step.setGradientCheckpointing(true);
        for (OneStep<double>* step : {&separate, &shared})
            step->step.setTokensPerPiece(6);
        for (int round = 0; round < 2; ++round) { // the second over what the first has left
            const std::vector<double> expected = separate.groupGradients(task, tiny);
            const std::vector<double> actual = shared.groupGradients(task, tiny);
            ASSERT_EQ(actual.size(), expected.size());
            for (std::size_t i = 0; i < expected.size(); ++i)
                ASSERT_NEAR(actual[i], expected[i], 1e-12) << workers << " workers";
            EXPECT_EQ(shared.result.loss, separate.result.loss);
            EXPECT_NEAR(shared.result.gradNorm, separate.result.gradNorm, 1e-12);
        }
        if (workers > 1 && method.type == MethodType::Full) {
            EXPECT_LT(shared.step.gradientBytes(), separate.step.gradientBytes());
        }
    }
}

TEST_P(Steps, SharedGradientsAreTheSameBitsEveryTime)
{
    const auto& [name, tiny, task, method] = GetParam();
    OneStep<float> first(tiny, task, method, 4, GradientSharing::All);
    first.step.setTokensPerPiece(6);
    const std::vector<float> expected = first.groupGradients(task, tiny);
    for (int round = 0; round < 20; ++round)
        ASSERT_EQ(first.groupGradients(task, tiny), expected);
}

INSTANTIATE_TEST_SUITE_P(Families, Steps, testing::ValuesIn(stepCases()),
                         [](const auto& test) { return test.param.name; });

} // namespace
} // namespace lora::test
