#pragma once

#include "core/models/family_parts.h"

namespace lora {

/// A model whose trunk is named as BERT's is, under `prefix` ("bert."): BERT, RoBERTa, ELECTRA. Embeddings
/// narrower than the hidden size pass `projection`.
template <class T>
std::unique_ptr<LanguageModel<T>> makeBertLike(const ModelConfig& config, TaskType task,
                                               std::int64_t numLabels, const std::string& prefix,
                                               const std::string& projection, const EncoderHeadNames& heads);

} // namespace lora
