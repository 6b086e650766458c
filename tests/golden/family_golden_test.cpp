#include "core/lora/adapter_files.h"
#include "core/lora/adapter_injection.h"
#include "core/models/model_loader.h"
#include "core/train/training_step.h"
#include "tests/golden/golden_case.h"
#include "tests/golden/missing_bias.h"

namespace lora::test {
namespace {

constexpr double logitsTolerance = 1e-4;
constexpr double gradientTolerance = 1e-3;
constexpr double trainingTolerance = 1e-3;

/// A matrix as files hold it, turned to how the engine holds it.
std::vector<float> turned(const std::vector<float>& stored, const Parameter<float>& parameter)
{
    if (!parameter.isTransposedInFiles())
        return stored;
    const ConstMatrix<float> from(stored.data(), parameter.value().cols, parameter.value().rows);
    std::vector<float> values(stored.size());
    for (std::int64_t r = 0; r < from.rows; ++r)
        for (std::int64_t c = 0; c < from.cols; ++c)
            values[static_cast<std::size_t>(c * from.rows + r)] = from(r, c);
    return values;
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
        const std::vector<float> expected = turned(golden.values(name), *parameter);
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

/// Logits of every token or sequence: of a batch without labels, since language models keep none beside a
/// loss.
std::vector<float> allLogits(ModelPass<float>& pass, Batch batch)
{
    batch.tokenLabels.clear();
    pass.evaluate(batch);
    return {pass.logits().data, pass.logits().data + pass.logits().size()};
}

class FamilyGolden : public testing::TestWithParam<std::string>
{
protected:
    void SetUp() override { SKIP_WITHOUT_ASSETS(); }

    static std::unique_ptr<LanguageModel<float>> base(const GoldenCase& golden)
    {
        if (golden.folder.string().find("gpt2") == std::string::npos)
            return std::move(loadModel<float>(golden.folder, golden.task(), golden.labels(), 1).model);
        const TemporaryFolder completed;
        writeCompleted(golden, completed.path());
        return std::move(loadModel<float>(completed.path(), golden.task(), golden.labels(), 1).model);
    }
};

TEST_P(FamilyGolden, BaseLogitsAndEveryGradientAgree)
{
    const GoldenCase golden(GetParam());
    const auto model = base(golden);
    const TrainableParameters<float> trainable =
        applyMethod(*model, {.type = MethodType::Full, .lora = {}}, 1);
    GradientStore<float> gradients(trainable.size());
    ModelPass<float> pass(*model);
    const Batch batch = golden.batch();
    EXPECT_LT(relativeDifference(allLogits(pass, batch).data(), golden.logits("base.logits")),
              logitsTolerance);
    const auto items = static_cast<float>(batch.labelledItems());
    const LossSum loss = pass.forward(batch, gradients, 1.0f / items, 0);
    const double expectedLoss = golden.facts["base_loss"];
    EXPECT_NEAR(loss.sum / items, expectedLoss, logitsTolerance * (1 + expectedLoss));
    pass.backward();
    expectSameGradients(golden, "full_grad.", gradients, trainable.parameters());
}

TEST_P(FamilyGolden, AdapterLogitsGradientsAndTenStepsAgree)
{
    const GoldenCase golden(GetParam());
    const auto model = base(golden);
    const PeftConfig peft = readPeftConfig(golden.folder / "adapter");
    loadAdapter(*model, peft, openAdapterTensors(golden.folder / "adapter"));
    const TrainingPlan plan = planTraining({MethodType::Lora, peft.lora}, partsOf(*model));
    const TrainableParameters<float> trainable = trainableOf(*model, plan);
    EXPECT_EQ(trainable.size(), golden.facts["trainable_parameters"].get<std::int64_t>());

    ModelPass<float> pass(*model);
    const std::vector<Batch> batches = {golden.batch()};
    const auto logits = [&] { return allLogits(pass, batches[0]); };
    EXPECT_LT(relativeDifference(logits().data(), golden.logits("lora.logits")), logitsTolerance);

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
    EXPECT_LT(relativeDifference(logits().data(), golden.logits("after10.logits")), 5 * trainingTolerance);
    mergeAdapters(*model);
    EXPECT_LT(relativeDifference(logits().data(), golden.logits("after10.merged_logits")),
              5 * trainingTolerance);
}

/// transformers' loss of question answering takes the softmax over padding too; here there is none. So the
/// loss is compared with that of the file's logits over the real tokens, and the file's own loss with that
/// over all.
TEST(AnswerGolden, LogitsAgreeAndTheLossIsThatOfTheRealTokens)
{
    SKIP_WITHOUT_ASSETS();
    const GoldenCase golden("families/bert-question-answering");
    const auto model = std::move(loadModel<float>(golden.folder, golden.task(), 2, 1).model);
    ModelPass<float> pass(*model);
    const Batch batch = golden.batch();
    const double loss = pass.evaluate(batch).sum / static_cast<double>(batch.labelledItems());
    EXPECT_LT(relativeDifference(pass.logits().data, golden.logits("base.logits")), logitsTolerance);

    const std::vector<float> logits = golden.values("base.logits");
    const std::int64_t width = golden.tensors.find("base.logits")->shape[1];
    const auto lossOver = [&](bool hasPadding) {
        double sum = 0;
        for (std::size_t row = 0; row < batch.sequences(); ++row) {
            const std::int64_t tokens = hasPadding ? width : static_cast<std::int64_t>(batch.length(row));
            const ConstMatrix<float> all(logits.data() + static_cast<std::int64_t>(row) * width * 2, tokens,
                                         2);
            for (const int column : {0, 1}) {
                double total = 0;
                for (std::int64_t t = 0; t < tokens; ++t)
                    total += std::exp(static_cast<double>(all(t, column)));
                const std::int32_t label = (column == 0 ? batch.startPositions : batch.endPositions)[row];
                sum += std::log(total) - static_cast<double>(all(label, column));
            }
        }
        return sum / 2 / static_cast<double>(batch.sequences());
    };
    EXPECT_NEAR(lossOver(true), golden.facts["base_loss"].get<double>(), logitsTolerance);
    EXPECT_NEAR(loss, lossOver(false), logitsTolerance);

    loadAdapter(*model, readPeftConfig(golden.folder / "adapter"),
                openAdapterTensors(golden.folder / "adapter"));
    pass.evaluate(batch);
    EXPECT_LT(relativeDifference(pass.logits().data, golden.logits("lora.logits")), logitsTolerance);
}

INSTANTIATE_TEST_SUITE_P(Cases, FamilyGolden, testing::ValuesIn(casesWithComparableLoss()),
                         [](const auto& test) {
                             std::string name = test.param;
                             std::replace_if(
                                 name.begin(), name.end(),
                                 [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
                             return name;
                         });

} // namespace
} // namespace lora::test
