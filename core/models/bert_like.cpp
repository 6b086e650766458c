#include "core/models/bert_like.h"

namespace lora {

namespace {

PostNormBlockNames blockNames(const std::string& prefix, std::int64_t index)
{
    const std::string layer = fmt::format("{}encoder.layer.{}.", prefix, index);
    return {.query = layer + "attention.self.query",
            .key = layer + "attention.self.key",
            .value = layer + "attention.self.value",
            .attentionOutput = layer + "attention.output.dense",
            .attentionNorm = layer + "attention.output.LayerNorm",
            .intermediate = layer + "intermediate.dense",
            .output = layer + "output.dense",
            .outputNorm = layer + "output.LayerNorm"};
}

} // namespace

template <class T>
std::unique_ptr<LanguageModel<T>> makeBertLike(const ModelConfig& config, TaskType task,
                                               std::int64_t numLabels, const std::string& prefix,
                                               const std::string& projection, const EncoderHeadNames& heads)
{
    StackParts<T, PostNormBlock> parts{
        encoderEmbeddings<T>({.word = prefix + "embeddings.word_embeddings",
                              .position = prefix + "embeddings.position_embeddings",
                              .tokenType = prefix + "embeddings.token_type_embeddings",
                              .norm = prefix + "embeddings.LayerNorm"},
                             config),
        std::nullopt,
        {},
        1,
        {},
        std::nullopt};
    if (config.embeddingSize != config.hiddenSize)
        parts.projection.emplace(prefix + projection, config.embeddingSize, config.hiddenSize, Bias::Yes);
    parts.blocks.reserve(static_cast<std::size_t>(config.numHiddenLayers));
    for (std::int64_t i = 0; i < config.numHiddenLayers; ++i)
        parts.blocks.emplace_back(blockNames(prefix, i), encoderBlockShape(config));
    auto trunk = std::make_unique<EncoderTrunk<T>>(std::move(parts));
    auto head = makeEncoderHead<T>(config, task, numLabels, heads, trunk->wordEmbeddings());
    return std::make_unique<LanguageModel<T>>(config, task, std::move(trunk), std::move(head));
}

template std::unique_ptr<LanguageModel<float>> makeBertLike<float>(const ModelConfig&, TaskType, std::int64_t,
                                                                   const std::string&, const std::string&,
                                                                   const EncoderHeadNames&);
template std::unique_ptr<LanguageModel<double>> makeBertLike<double>(const ModelConfig&, TaskType,
                                                                     std::int64_t, const std::string&,
                                                                     const std::string&,
                                                                     const EncoderHeadNames&);

} // namespace lora
