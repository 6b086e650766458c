#pragma once

#include "core/models/family_parts.h"

namespace lora {

/// A decoder whose embeddings and last norm are named as GPT-2's are: GPT-2 and GPT-Neo. Blocks differ.
template <class T>
std::unique_ptr<LanguageModel<T>>
makeGptLike(const ModelConfig& config, TaskType task, std::int64_t numLabels,
            PreNormBlockNames (*blockNames)(std::int64_t index),
            PreNormBlockShape (*blockShape)(const ModelConfig& config, std::int64_t index));

} // namespace lora
