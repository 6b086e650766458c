#include "core/lora/adapter_injection.h"
#include "core/models/masked_lm_head.h"
#include "core/models/sequence_classification_head.h"
#include "tests/gradient/layer_gradients.h"
#include "tests/support/tiny_models.h"

namespace lora::test {
namespace {

using Context = LayerGradients::Context;
using Input = LayerGradients::Input;

/// Checks a head on top of hidden states that are its input.
void checkHead(TaskHead<double>& head, LayerGradients& gradients, const Batch& batch, std::int64_t hidden,
               Input input)
{
    const auto pass = head.startPass();
    const double scale = 1.0 / static_cast<double>(batch.labelledItems());
    gradients.check(
        hidden, input,
        [&](Context& context, ConstMatrix<double> x) {
            return scale * pass->forward(context, x, batch, scale).sum;
        },
        [&](Context& context, Matrix<double> dx) { pass->backward(context, dx); });
}

void checkClassificationHead(double dropoutProbability, bool isPoolerTrained, Input input)
{
    SequenceClassificationHead<double> head("pooler", "classifier", 7, 3);
    head.dropoutProbability = dropoutProbability;
    Batch batch = randomBatch({1, 4, 3, 2}, TaskType::SequenceClassification);
    batch.classLabels[2] = ignoredLabel;
    LayerGradients gradients(batch.sequenceOffsets);
    head.visitParameters([&](Parameter<double>& parameter) {
        randomize(parameter);
        if (isPoolerTrained || parameter.name().starts_with("classifier"))
            gradients.train(parameter);
    });
    checkHead(head, gradients, batch, 7, input);
}

TEST(ClassificationHeadGradient, EveryParameterAndTheHiddenStates)
{
    checkClassificationHead(0, true, Input::Checked);
}

TEST(ClassificationHeadGradient, WithDropout)
{
    checkClassificationHead(0.4, true, Input::Checked);
}

TEST(ClassificationHeadGradient, ClassifierAloneAboveAFrozenTrunk)
{
    checkClassificationHead(0.4, false, Input::Skipped);
}

TEST(MaskedLmHeadGradient, TiedWordsBiasNormDenseAndHiddenStatesOverSeveralChunks)
{
    Parameter<double> word("word", {11, 5});
    randomize(word);
    MaskedLmHead<double> head("head", word, Activation::Gelu, 1e-5);
    Batch batch = randomBatch({140, 1, 15}, TaskType::MaskedLm, {.vocabulary = 11});
    for (std::size_t token = 0; token < batch.tokens(); ++token)
        batch.tokenLabels[token] = token % 11 == 3 ? ignoredLabel : batch.inputIds[token];
    ASSERT_GT(batch.labelledItems(), 128u);
    LayerGradients gradients(batch.sequenceOffsets);
    gradients.train(word);
    head.visitParameters([&](Parameter<double>& parameter) {
        randomize(parameter);
        gradients.train(parameter);
    });
    checkHead(head, gradients, batch, 5, Input::Checked);
}

/// Checks every trained parameter of a whole model against its loss.
void checkModel(LanguageModel<double>& model, const MethodConfig& method, const Batch& batch)
{
    const TrainableParameters<double> trainable = applyMethod(model, method, 3);
    model.visitParameters([](Parameter<double>& parameter) { randomize(parameter, 0.4); });
    GradientStore<double> gradients(trainable.size());
    GradientStore<double> unused(trainable.size());
    ModelPass<double> pass(model);
    const double scale = 1.0 / static_cast<double>(batch.labelledItems());
    pass.forward(batch, gradients, scale, 99);
    pass.backward();
    for (Parameter<double>* parameter : trainable.parameters())
        expectGradient(parameter->name(), parameter->mutableValue(), gradients.of(*parameter),
                       [&] { return scale * pass.forward(batch, unused, scale, 99).sum; });
}

MethodConfig loraOn(std::variant<std::vector<std::string>, std::string> targets,
                    std::optional<std::vector<int>> layers = {})
{
    MethodConfig method;
    method.lora.r = 2;
    method.lora.loraDropout = 0.2;
    method.lora.targetModules = std::move(targets);
    method.lora.layersToTransform = std::move(layers);
    return method;
}

const std::vector<int> lengths = {1, 5, 4};

TEST(BertGradient, FullTrainingForClassification)
{
    const auto model = tinyModel<double>({.dropout = 0.15});
    checkModel(*model, {.type = MethodType::Full, .lora = {}},
               randomBatch(lengths, TaskType::SequenceClassification));
}

TEST(BertGradient, FullTrainingForMaskedLmWithTiedWords)
{
    const TinyBert tiny{.layers = 1, .activation = "relu"};
    const auto model = tinyModel<double>(tiny, TaskType::MaskedLm, 0);
    checkModel(*model, {.type = MethodType::Full, .lora = {}},
               randomBatch(lengths, TaskType::MaskedLm, tiny));
}

TEST(BertGradient, LoraOnEveryLinearWithTrainedBiases)
{
    const auto model = tinyModel<double>({.dropout = 0.15});
    MethodConfig method = loraOn("all-linear");
    method.lora.bias = "all";
    checkModel(*model, method, randomBatch(lengths, TaskType::SequenceClassification));
}

TEST(BertGradient, LoraOnSubsetsOfLayers)
{
    for (const std::vector<int>& layers : {std::vector<int>{2}, {0, 2}, {1}}) {
        const auto model = tinyModel<double>({.layers = 3, .dropout = 0.1});
        checkModel(*model, loraOn(std::vector<std::string>{"query", "intermediate.dense"}, layers),
                   randomBatch(lengths, TaskType::SequenceClassification));
    }
}

TEST(BertGradient, LoraOnThePoolerAlone)
{
    const auto model = tinyModel<double>();
    checkModel(*model, loraOn(std::vector<std::string>{"pooler.dense"}),
               randomBatch(lengths, TaskType::SequenceClassification));
}

TEST(BertGradient, HeadAlone)
{
    const auto model = tinyModel<double>({.dropout = 0.2});
    checkModel(*model, {.type = MethodType::Head, .lora = {}},
               randomBatch(lengths, TaskType::SequenceClassification));
}

TEST(BertGradient, LoraForMaskedLm)
{
    const auto model = tinyModel<double>({.dropout = 0.1}, TaskType::MaskedLm, 0);
    checkModel(*model, loraOn("all-linear"), randomBatch(lengths, TaskType::MaskedLm));
}

} // namespace
} // namespace lora::test
