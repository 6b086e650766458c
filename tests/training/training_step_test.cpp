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
    OneStep(const TinyBert& tiny, TaskType task, const MethodConfig& method)
        : model(tinyModel<T>(tiny, task, isLanguageModelling(task) ? 0 : 3))
        , trainable(applyMethod(*model, method, 1))
        , step(*model, trainable, pool, {}, 1)
        , batch(randomBatch({7, 2, 9, 1, 4, 8, 3}, task, tiny))
    {}

    std::vector<T> gradients()
    {
        result = step.accumulate(std::span(&batch, 1), 5);
        return step.gradients().values();
    }

    WorkerPool pool{2};
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

INSTANTIATE_TEST_SUITE_P(Families, Steps, testing::ValuesIn(stepCases()),
                         [](const auto& test) { return test.param.name; });

} // namespace
} // namespace lora::test
