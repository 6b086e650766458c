#include "core/lora/adapter_injection.h"
#include "core/models/sequence_head.h"
#include "core/models/token_head.h"
#include "core/models/vocabulary_head.h"
#include "tests/gradient/layer_gradients.h"
#include "tests/support/tiny_models.h"

namespace lora::test {
namespace {

using Context = LayerGradients::Context;
using Input = LayerGradients::Input;

/// Checks a head on top of hidden states, of which it gets the rows it asks for.
void checkHead(TaskHead<double>& head, LayerGradients& gradients, const Batch& batch, std::int64_t hidden,
               Input input)
{
    const auto pass = head.startPass();
    NeededRows rows;
    const double scale = 1.0 / static_cast<double>(batch.labelledItems());
    gradients.check(
        hidden, input,
        [&](Context& context, ConstMatrix<double> x) {
            context.neededRows = pass->selectRows(context, batch, rows) ? &rows : nullptr;
            if (!context.neededRows)
                return scale * pass->forward(context, x, batch, scale).sum;
            Matrix<double> needed = context.arena->matrix<double>(rows.count(), hidden);
            gatherRows(x, rows, needed);
            return scale * pass->forward(context, needed, batch, scale).sum;
        },
        [&](Context& context, Matrix<double> dx) {
            if (!context.neededRows || dx.isEmpty())
                return pass->backward(context, dx);
            Matrix<double> dNeeded = context.arena->matrix<double>(rows.count(), hidden);
            pass->backward(context, dNeeded);
            std::fill_n(dx.data, dx.size(), 0.0);
            addToRows<double>(dNeeded, rows, dx);
        });
}

void checkClassificationHead(double dropoutProbability, bool isPoolerTrained, Input input)
{
    SequenceHeadShape shape;
    shape.hidden = 7;
    shape.labels = 3;
    shape.denseName = "pooler";
    shape.hasDropoutBefore = true;
    shape.classifierName = "classifier";
    SequenceHead<double> head(TaskType::SequenceClassification, shape);
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
    VocabularyHeadShape shape;
    shape.hidden = 5;
    shape.denseName = "dense";
    shape.normName = "norm";
    shape.decoderName = "decoder";
    shape.decoderBiasName = "bias";
    VocabularyHead<double> head(shape, word);
    Batch batch = randomBatch({300, 1, 15}, TaskType::MaskedLm, {.vocabulary = 11});
    for (std::size_t token = 0; token < batch.tokens(); ++token)
        batch.tokenLabels[token] = token % 11 == 3 ? ignoredLabel : batch.inputIds[token];
    ASSERT_GT(static_cast<std::int64_t>(batch.labelledItems()), vocabularyChunk(11));
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

struct FamilyCase
{
    std::string name;
    TinyBert tiny;
    TaskType task;
};

std::vector<FamilyCase> familyCases()
{
    using Json = nlohmann::ordered_json;
    const auto tiny = [](const std::string& family, Json more = Json::object()) {
        TinyBert model;
        model.hidden = 8;
        model.heads = 4;
        model.dropout = 0.1;
        model.family = family;
        model.more = std::move(more);
        return model;
    };
    const Json grouped{{"num_key_value_heads", 2}, {"head_dim", 4}};
    return {
        {"bertMultiLabel", tiny("bert"), TaskType::MultiLabelClassification},
        {"bertRegression", tiny("bert"), TaskType::Regression},
        {"bertTokens", tiny("bert"), TaskType::TokenClassification},
        {"bertAnswers", tiny("bert"), TaskType::QuestionAnswering},
        {"roberta", tiny("roberta", {{"pad_token_id", 1}}), TaskType::SequenceClassification},
        {"robertaMasked", tiny("roberta"), TaskType::MaskedLm},
        {"distilbert", tiny("distilbert"), TaskType::SequenceClassification},
        {"distilbertMasked", tiny("distilbert"), TaskType::MaskedLm},
        {"albert", tiny("albert", {{"embedding_size", 5}}), TaskType::SequenceClassification},
        {"albertMasked", tiny("albert", {{"embedding_size", 5}}), TaskType::MaskedLm},
        {"electra", tiny("electra", {{"embedding_size", 5}}), TaskType::SequenceClassification},
        {"gpt2", tiny("gpt2"), TaskType::CausalLm},
        {"gpt2Untied", tiny("gpt2", {{"tie_word_embeddings", false}}), TaskType::CausalLm},
        {"gpt2Classes", tiny("gpt2"), TaskType::SequenceClassification},
        {"gptNeo", tiny("gpt_neo"), TaskType::CausalLm},
        {"llama", tiny("llama", grouped), TaskType::CausalLm},
        {"llamaTied",
         tiny("llama", {{"tie_word_embeddings", true}, {"attention_bias", true}, {"mlp_bias", true}}),
         TaskType::CausalLm},
        {"llamaTokens", tiny("llama"), TaskType::TokenClassification},
        {"mistral", tiny("mistral", {{"sliding_window", 3}}), TaskType::CausalLm},
        {"qwen2", tiny("qwen2", grouped), TaskType::CausalLm},
    };
}

class FamilyGradient : public testing::TestWithParam<FamilyCase>
{
protected:
    static std::unique_ptr<LanguageModel<double>> model()
    {
        const auto& [name, tiny, task] = GetParam();
        return tinyModel<double>(tiny, task, labels());
    }
    static int labels()
    {
        const TaskType task = GetParam().task;
        return task == TaskType::Regression ? 1 : task == TaskType::QuestionAnswering ? 2 : 3;
    }
    static Batch batch() { return randomBatch(lengths, GetParam().task, GetParam().tiny, labels()); }
};

TEST_P(FamilyGradient, FullTraining)
{
    checkModel(*model(), {.type = MethodType::Full, .lora = {}}, batch());
}

TEST_P(FamilyGradient, LoraOnEveryLinearOfTheUpperLayer)
{
    const bool isShared = GetParam().tiny.family == "albert";
    checkModel(*model(), loraOn("all-linear", isShared ? std::nullopt : std::optional(std::vector<int>{1})),
               batch());
}

TEST_P(FamilyGradient, HeadAlone)
{
    checkModel(*model(), {.type = MethodType::Head, .lora = {}}, batch());
}

INSTANTIATE_TEST_SUITE_P(Families, FamilyGradient, testing::ValuesIn(familyCases()),
                         [](const auto& test) { return test.param.name; });

TEST(OutputEmbeddingGradient, LoraOnATiedHeadLeavesTheEmbeddingsAlone)
{
    TinyBert tiny;
    tiny.family = "gpt2";
    const auto model = tinyModel<double>(tiny, TaskType::CausalLm, 0);
    checkModel(*model, loraOn(std::vector<std::string>{"lm_head"}),
               randomBatch(lengths, TaskType::CausalLm, tiny));
    EXPECT_FALSE(model->trunk().wordEmbeddings().isTrainable());
}

} // namespace
} // namespace lora::test
