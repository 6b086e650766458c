#include "core/models/families.h"
#include "core/models/family_parts.h"

namespace lora {

namespace {

PostNormBlockNames blockNames(std::int64_t index)
{
    const std::string layer = fmt::format("distilbert.transformer.layer.{}.", index);
    return {.query = layer + "attention.q_lin",
            .key = layer + "attention.k_lin",
            .value = layer + "attention.v_lin",
            .attentionOutput = layer + "attention.out_lin",
            .attentionNorm = layer + "sa_layer_norm",
            .intermediate = layer + "ffn.lin1",
            .output = layer + "ffn.lin2",
            .outputNorm = layer + "output_layer_norm"};
}

template <class T>
std::unique_ptr<LanguageModel<T>> make(const ModelConfig& config, TaskType task, std::int64_t numLabels)
{
    StackParts<T, PostNormBlock> parts{
        encoderEmbeddings<T>({.word = "distilbert.embeddings.word_embeddings",
                              .position = "distilbert.embeddings.position_embeddings",
                              .tokenType = "",
                              .norm = "distilbert.embeddings.LayerNorm"},
                             config),
        std::nullopt,
        {},
        1,
        {},
        std::nullopt};
    parts.blocks.reserve(static_cast<std::size_t>(config.numHiddenLayers));
    for (std::int64_t i = 0; i < config.numHiddenLayers; ++i)
        parts.blocks.emplace_back(blockNames(i), encoderBlockShape(config));
    auto trunk = std::make_unique<EncoderTrunk<T>>(std::move(parts));
    const EncoderHeadNames heads{
        {.denseName = "pre_classifier", .denseActivation = Activation::Relu, .classifierName = "classifier"},
        {.denseName = "vocab_transform",
         .normName = "vocab_layer_norm",
         .activation = activationFromString(config.hiddenAct).value(),
         .decoderName = "vocab_projector",
         .decoderBiasName = "vocab_projector.bias"}};
    auto head = makeEncoderHead<T>(config, task, numLabels, heads, trunk->wordEmbeddings());
    return std::make_unique<LanguageModel<T>>(config, task, std::move(trunk), std::move(head));
}

std::optional<std::string> parameterName(const std::string& checkpointName)
{
    return normalizedName(checkpointName, "distilbert.", {"embeddings.", "transformer."}, {"position_ids"});
}

bool mayBeMissing(const std::string& name)
{
    return startsWithAny(name, {"pre_classifier", "classifier", "qa_outputs", "vocab_"});
}

} // namespace

template <class T>
const ModelFamily<T>& distilBertFamily()
{
    static const ModelFamily<T> family{&make<T>, &parameterName, &mayBeMissing};
    return family;
}

template const ModelFamily<float>& distilBertFamily<float>();
template const ModelFamily<double>& distilBertFamily<double>();

} // namespace lora
