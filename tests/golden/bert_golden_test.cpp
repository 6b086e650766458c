#include "core/lora/adapter_files.h"
#include "core/lora/adapter_injection.h"
#include "core/models/model_loader.h"
#include "core/train/training_step.h"
#include "tests/golden/golden_case.h"

namespace lora::test {
namespace {

constexpr double logitsTolerance = 1e-4;
constexpr double gradientTolerance = 1e-3;
constexpr double trainingTolerance = 1e-3;

const char* const bertCase = "families/bert-sequence-classification";

std::vector<std::string> classificationCases()
{
    return {bertCase, "variants/rslora/bert-sequence-classification",
            "variants/rank_pattern/bert-sequence-classification",
            "variants/layers_to_transform/bert-sequence-classification",
            "variants/bias_lora_only/bert-sequence-classification"};
}

/// Largest gradient difference relative to the tensor's largest entry. A key's bias has an exact gradient of
/// zero (softmax ignores a shift of all its scores), so both sides hold rounding noise there: entries below a
/// thousandth of the model's largest gradient are compared to that instead.
void expectSameGradients(const GoldenCase& golden, const std::string& prefix, GradientStore<float>& gradients,
                         const std::vector<Parameter<float>*>& parameters)
{
    double largest = 0;
    for (const float value : gradients.values())
        largest = std::max(largest, std::abs(static_cast<double>(value)));
    for (Parameter<float>* parameter : parameters) {
        std::string name = prefix + parameter->name();
        if (!golden.tensors.find(name)) // PEFT's name of a bias beside an adapter
            name.insert(name.rfind('.'), ".base_layer");
        const std::vector<float> expected = golden.values(name);
        double scale = largest * 1e-3;
        double difference = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            difference = std::max(
                difference, std::abs(static_cast<double>(gradients.of(*parameter).data[i]) - expected[i]));
            scale = std::max(scale, std::abs(static_cast<double>(expected[i])));
        }
        EXPECT_LT(difference / scale, gradientTolerance) << parameter->name();
    }
}

class BertGolden : public testing::TestWithParam<std::string>
{
protected:
    void SetUp() override { SKIP_WITHOUT_ASSETS(); }

    static std::unique_ptr<LanguageModel<float>> base(const GoldenCase& golden, TaskType task,
                                                      std::int64_t labels)
    {
        return std::move(loadModel<float>(golden.folder, task, labels, 1).model);
    }
};

TEST_P(BertGolden, BaseLogitsAndEveryGradientAgree)
{
    const GoldenCase golden(GetParam());
    const auto model = base(golden, TaskType::SequenceClassification, 3);
    const TrainableParameters<float> trainable =
        applyMethod(*model, {.type = MethodType::Full, .lora = {}}, 1);
    GradientStore<float> gradients(trainable.size());
    ModelPass<float> pass(*model);
    const Batch batch = golden.batch();
    const LossSum loss = pass.forward(batch, gradients, 1.0f / 3, 0);
    EXPECT_NEAR(loss.sum / 3, golden.facts["base_loss"].get<double>(), logitsTolerance * 2);
    EXPECT_LT(relativeDifference(pass.logits().data, golden.values("base.logits")), logitsTolerance);
    pass.backward();
    expectSameGradients(golden, "full_grad.", gradients, trainable.parameters());
}

TEST_P(BertGolden, AdapterLogitsGradientsAndTenStepsAgree)
{
    const GoldenCase golden(GetParam());
    const auto model = base(golden, TaskType::SequenceClassification, 3);
    const PeftConfig peft = readPeftConfig(golden.folder / "adapter");
    loadAdapter(*model, peft, openAdapterTensors(golden.folder / "adapter"));
    const TrainingPlan plan = planTraining({MethodType::Lora, peft.lora}, partsOf(*model));
    const TrainableParameters<float> trainable = trainableOf(*model, plan);
    EXPECT_EQ(trainable.size(), golden.facts["trainable_parameters"].get<std::int64_t>());

    ModelPass<float> pass(*model);
    const std::vector<Batch> batches = {golden.batch()};
    pass.evaluate(batches[0]);
    EXPECT_LT(relativeDifference(pass.logits().data, golden.values("lora.logits")), logitsTolerance);

    const auto& adamw = golden.facts["adamw"];
    WorkerPool pool(2);
    TrainingStep<float> step(*model, trainable, pool,
                             {adamw["betas"][0], adamw["betas"][1], adamw["eps"], adamw["weight_decay"]},
                             adamw["max_grad_norm"]);
    step.accumulate(batches, 0);
    expectSameGradients(golden, "lora_grad.", step.gradients(), trainable.parameters());
    for (std::size_t i = 0; i < 10; ++i) {
        const StepResult result = step.run(batches, adamw["lr"], 0);
        EXPECT_NEAR(result.loss, adamw["losses"][i].get<double>(), trainingTolerance) << "step " << i;
        EXPECT_NEAR(result.gradNorm, adamw["grad_norms_before_clipping"][i].get<double>(),
                    5 * trainingTolerance);
    }
    for (Parameter<float>* parameter : trainable.parameters())
        if (golden.tensors.find("after10." + parameter->name())) { // PEFT does not save trained biases
            EXPECT_LT(relativeDifference(parameter->data(), golden.values("after10." + parameter->name())),
                      5 * trainingTolerance)
                << parameter->name();
        }
    pass.evaluate(batches[0]);
    EXPECT_LT(relativeDifference(pass.logits().data, golden.values("after10.logits")), 5 * trainingTolerance);
    mergeAdapters(*model);
    pass.evaluate(batches[0]);
    EXPECT_LT(relativeDifference(pass.logits().data, golden.values("after10.merged_logits")),
              5 * trainingTolerance);
}

INSTANTIATE_TEST_SUITE_P(Classification, BertGolden, testing::ValuesIn(classificationCases()),
                         [](const auto& test) {
                             std::string name = test.param;
                             std::replace_if(
                                 name.begin(), name.end(),
                                 [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
                             return name;
                         });

TEST(BertMaskedLmGolden, LogitsLossAndEveryGradientAgree)
{
    SKIP_WITHOUT_ASSETS();
    const GoldenCase golden("families/bert-masked-lm");
    const auto model = std::move(loadModel<float>(golden.folder, TaskType::MaskedLm, 0, 1).model);
    const TrainableParameters<float> trainable =
        applyMethod(*model, {.type = MethodType::Full, .lora = {}}, 1);
    GradientStore<float> gradients(trainable.size());
    ModelPass<float> pass(*model);
    const Batch batch = golden.batch();
    const auto items = static_cast<float>(batch.labelledItems());
    const LossSum loss = pass.forward(batch, gradients, 1.0f / items, 0);
    EXPECT_NEAR(loss.sum / items, golden.facts["base_loss"].get<double>(), 1e-3);
    pass.backward();
    expectSameGradients(golden, "full_grad.", gradients, trainable.parameters());
}

} // namespace
} // namespace lora::test
