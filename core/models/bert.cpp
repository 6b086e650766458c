#include "core/models/bert.h"

#include "core/base/error.h"
#include "core/models/encoder_trunk.h"
#include "core/models/masked_lm_head.h"
#include "core/models/sequence_classification_head.h"

namespace lora {

namespace {

constexpr const char* poolerName = "bert.pooler.dense";
constexpr const char* classifierName = "classifier";
constexpr const char* predictionsName = "cls.predictions";

PostNormBlockNames blockNames(std::int64_t index)
{
    const std::string layer = fmt::format("bert.encoder.layer.{}.", index);
    return {.query = layer + "attention.self.query",
            .key = layer + "attention.self.key",
            .value = layer + "attention.self.value",
            .attentionOutput = layer + "attention.output.dense",
            .attentionNorm = layer + "attention.output.LayerNorm",
            .intermediate = layer + "intermediate.dense",
            .output = layer + "output.dense",
            .outputNorm = layer + "output.LayerNorm"};
}

template <class T>
std::unique_ptr<EncoderTrunk<T>> makeTrunk(const ModelConfig& config)
{
    EncoderEmbeddings<T> embeddings({.word = "bert.embeddings.word_embeddings",
                                     .position = "bert.embeddings.position_embeddings",
                                     .tokenType = "bert.embeddings.token_type_embeddings",
                                     .norm = "bert.embeddings.LayerNorm"},
                                    {.vocabulary = config.vocabSize,
                                     .positions = config.maxPositionEmbeddings,
                                     .tokenTypes = config.typeVocabSize,
                                     .hidden = config.hiddenSize,
                                     .firstPosition = 0,
                                     .normEpsilon = config.layerNormEps});
    const PostNormBlockShape shape{.hidden = config.hiddenSize,
                                   .heads = config.numAttentionHeads,
                                   .intermediate = config.intermediateSize,
                                   .normEpsilon = config.layerNormEps,
                                   .activation = activationFromString(config.hiddenAct).value()};
    std::vector<PostNormBlock<T>> blocks;
    blocks.reserve(static_cast<std::size_t>(config.numHiddenLayers));
    for (std::int64_t i = 0; i < config.numHiddenLayers; ++i)
        blocks.emplace_back(blockNames(i), shape);
    return std::make_unique<EncoderTrunk<T>>(std::move(embeddings), std::move(blocks));
}

template <class T>
std::unique_ptr<LanguageModel<T>> makeBert(const ModelConfig& config, TaskType task, std::int64_t numLabels)
{
    auto trunk = makeTrunk<T>(config);
    std::unique_ptr<TaskHead<T>> head;
    switch (task) {
    default:
        head = std::make_unique<SequenceClassificationHead<T>>(poolerName, classifierName, config.hiddenSize,
                                                               numLabels);
        break;
    case TaskType::MaskedLm:
        head = std::make_unique<MaskedLmHead<T>>(predictionsName, trunk->wordEmbeddings(),
                                                 activationFromString(config.hiddenAct).value(),
                                                 config.layerNormEps);
        break;
    }
    return std::make_unique<LanguageModel<T>>(config, task, std::move(trunk), std::move(head));
}

bool endsWith(const std::string& text, std::string_view end)
{
    return text.ends_with(end);
}

std::optional<std::string> parameterName(const std::string& checkpointName)
{
    std::string name = checkpointName;
    if (endsWith(name, "LayerNorm.gamma"))
        name.replace(name.size() - 5, 5, "weight");
    else if (endsWith(name, "LayerNorm.beta"))
        name.replace(name.size() - 4, 4, "bias");
    if (name.starts_with("embeddings.") || name.starts_with("encoder.") || name.starts_with("pooler."))
        name = "bert." + name;
    // A buffer, the next-sentence head, and the decoder's copies of tied weights.
    if (endsWith(name, "position_ids") || name.starts_with("cls.seq_relationship") ||
        name.starts_with("cls.predictions.decoder"))
        return std::nullopt;
    return name;
}

bool mayBeMissing(const std::string& name)
{
    return name.starts_with(poolerName) || name.starts_with(classifierName) ||
           name.starts_with(predictionsName);
}

} // namespace

template <class T>
const ModelFamily<T>& bertFamily()
{
    static const ModelFamily<T> family{&makeBert<T>, &parameterName, &mayBeMissing};
    return family;
}

template const ModelFamily<float>& bertFamily<float>();
template const ModelFamily<double>& bertFamily<double>();

} // namespace lora
