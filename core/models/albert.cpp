#include "core/models/families.h"
#include "core/models/family_parts.h"

namespace lora {

namespace {

template <class T>
std::unique_ptr<LanguageModel<T>> make(const ModelConfig& config, TaskType task, std::int64_t numLabels)
{
    StackParts<T, PostNormBlock> parts{
        encoderEmbeddings<T>({.word = "albert.embeddings.word_embeddings",
                              .position = "albert.embeddings.position_embeddings",
                              .tokenType = "albert.embeddings.token_type_embeddings",
                              .norm = "albert.embeddings.LayerNorm"},
                             config),
        std::nullopt,
        {},
        static_cast<int>(config.numHiddenLayers),
        {},
        std::nullopt};
    // ALBERT always has the projection, also between equal sizes.
    parts.projection.emplace("albert.encoder.embedding_hidden_mapping_in", config.embeddingSize,
                             config.hiddenSize, Bias::Yes);
    const std::string layer = "albert.encoder.albert_layer_groups.0.albert_layers.0.";
    parts.blocks.emplace_back(PostNormBlockNames{.query = layer + "attention.query",
                                                 .key = layer + "attention.key",
                                                 .value = layer + "attention.value",
                                                 .attentionOutput = layer + "attention.dense",
                                                 .attentionNorm = layer + "attention.LayerNorm",
                                                 .intermediate = layer + "ffn",
                                                 .output = layer + "ffn_output",
                                                 .outputNorm = layer + "full_layer_layer_norm"},
                              encoderBlockShape(config));
    auto trunk = std::make_unique<EncoderTrunk<T>>(std::move(parts));
    const EncoderHeadNames heads{{.denseName = "albert.pooler",
                                  .denseActivation = Activation::Tanh,
                                  .isDenseInHead = false,
                                  .classifierName = "classifier"},
                                 {.denseName = "predictions.dense",
                                  .normName = "predictions.LayerNorm",
                                  .activation = activationFromString(config.hiddenAct).value(),
                                  .decoderName = "predictions.decoder",
                                  .decoderBiasName = "predictions.bias"}};
    auto head = makeEncoderHead<T>(config, task, numLabels, heads, trunk->wordEmbeddings());
    return std::make_unique<LanguageModel<T>>(config, task, std::move(trunk), std::move(head));
}

std::optional<std::string> parameterName(const std::string& checkpointName)
{
    return normalizedName(checkpointName, "albert.", {"embeddings.", "encoder.", "pooler."},
                          {"position_ids", "predictions.decoder.bias", "sop_classifier"});
}

bool mayBeMissing(const std::string& name)
{
    return startsWithAny(name, {"albert.pooler", "classifier", "qa_outputs", "predictions."});
}

} // namespace

template <class T>
const ModelFamily<T>& albertFamily()
{
    static const ModelFamily<T> family{&make<T>, &parameterName, &mayBeMissing};
    return family;
}

template const ModelFamily<float>& albertFamily<float>();
template const ModelFamily<double>& albertFamily<double>();

} // namespace lora
