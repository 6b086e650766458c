#include "core/models/gpt_like.h"

namespace lora {

template <class T>
std::unique_ptr<LanguageModel<T>>
makeGptLike(const ModelConfig& config, TaskType task, std::int64_t numLabels,
            PreNormBlockNames (*blockNames)(std::int64_t index),
            PreNormBlockShape (*blockShape)(const ModelConfig& config, std::int64_t index))
{
    StackParts<T, PreNormBlock> parts{
        Embeddings<T>({.word = "transformer.wte", .position = "transformer.wpe", .tokenType = "", .norm = ""},
                      {.vocabulary = config.vocabSize,
                       .positions = config.positionRows,
                       .tokenTypes = 0,
                       .hidden = config.hiddenSize}),
        std::nullopt,
        {},
        1,
        Norm<T>("transformer.ln_f", config.hiddenSize, config.layerNormEps),
        std::nullopt};
    parts.blocks.reserve(static_cast<std::size_t>(config.numHiddenLayers));
    for (std::int64_t i = 0; i < config.numHiddenLayers; ++i)
        parts.blocks.emplace_back(blockNames(i), blockShape(config, i));
    auto trunk = std::make_unique<DecoderTrunk<T>>(std::move(parts));
    auto head = makeDecoderHead<T>(config, task, numLabels, "classifier", trunk->wordEmbeddings());
    return std::make_unique<LanguageModel<T>>(config, task, std::move(trunk), std::move(head));
}

template std::unique_ptr<LanguageModel<float>>
makeGptLike<float>(const ModelConfig&, TaskType, std::int64_t, PreNormBlockNames (*)(std::int64_t),
                   PreNormBlockShape (*)(const ModelConfig&, std::int64_t));
template std::unique_ptr<LanguageModel<double>>
makeGptLike<double>(const ModelConfig&, TaskType, std::int64_t, PreNormBlockNames (*)(std::int64_t),
                    PreNormBlockShape (*)(const ModelConfig&, std::int64_t));

} // namespace lora
