#pragma once

#include "core/models/model_family.h"
#include "core/models/sequence_head.h"
#include "core/models/stack_trunk.h"
#include "core/models/token_head.h"
#include "core/models/vocabulary_head.h"

#include <initializer_list>
#include <string_view>

namespace lora {

// What families' files have in common.

/// Embeddings, positions and norm of an encoder as config says.
template <class T>
Embeddings<T> encoderEmbeddings(const EmbeddingNames& names, const ModelConfig& config)
{
    return Embeddings<T>(names, {.vocabulary = config.vocabSize,
                                 .positions = config.positionRows,
                                 .tokenTypes = config.typeVocabSize,
                                 .hidden = config.embeddingSize,
                                 .firstPosition = config.firstPosition,
                                 .normEpsilon = config.layerNormEps});
}

inline PostNormBlockShape encoderBlockShape(const ModelConfig& config)
{
    return {.hidden = config.hiddenSize,
            .heads = config.numAttentionHeads,
            .intermediate = config.intermediateSize,
            .normEpsilon = config.layerNormEps,
            .activation = activationFromString(config.hiddenAct).value()};
}

inline AttentionShape decoderAttention(const ModelConfig& config, std::int64_t layer)
{
    const LayerAttention& own = config.layerAttention.at(static_cast<std::size_t>(layer));
    return {.heads = config.numAttentionHeads,
            .keyValueHeads = config.numKeyValueHeads,
            .headDim = config.headDim,
            .isCausal = true,
            .window = own.window,
            .scale = own.scale};
}

/// Head names of an encoder family.
struct EncoderHeadNames
{
    SequenceHeadShape sequence;     ///< names, activation and dropout; sizes are filled in
    VocabularyHeadShape vocabulary; ///< names and activation; sizes are filled in
};

/// The head an encoder has for a task. `word`: the trunk's word embeddings.
template <class T>
std::unique_ptr<TaskHead<T>> makeEncoderHead(const ModelConfig& config, TaskType task, std::int64_t numLabels,
                                             EncoderHeadNames names, Parameter<T>& word);

/// The head a decoder has for a task; `tokenClassifier` is what the family calls its token classifier.
template <class T>
std::unique_ptr<TaskHead<T>> makeDecoderHead(const ModelConfig& config, TaskType task, std::int64_t numLabels,
                                             const std::string& tokenClassifier, Parameter<T>& word);

/// Names of a checkpoint as the model has them: old norms' gamma and beta become weight and bias, names that
/// begin with one of `roots` get `prefix`, and names with one of `dropped` in them are nobody's.
std::optional<std::string> normalizedName(std::string name, std::string_view prefix,
                                          std::initializer_list<std::string_view> roots,
                                          std::initializer_list<std::string_view> dropped);

bool startsWithAny(std::string_view name, std::initializer_list<std::string_view> beginnings);

} // namespace lora
