#pragma once

#include "core/models/language_model.h"

#include <memory>
#include <optional>
#include <span>
#include <string>

namespace lora {

/// What a family's file provides: assembly from shared blocks, and the quirks of its checkpoints.
template <class T>
struct ModelFamily
{
    /// A model with named, shaped and still empty weights.
    std::unique_ptr<LanguageModel<T>> (*make)(const ModelConfig& config, TaskType task,
                                              std::int64_t numLabels);
    /// The model's name of a checkpoint tensor; none for tensors no task uses (buffers, other heads).
    std::optional<std::string> (*parameterName)(const std::string& checkpointName);
    /// Whether the weight belongs to a task's head, which a checkpoint may lack; it is then initialised.
    bool (*mayBeMissing)(const std::string& parameterName);
};

/// Throws lora::Error (Unsupported) for a family config validation does not know.
template <class T>
const ModelFamily<T>& familyOf(const ModelConfig& config);

/// What the family's models can be trained for: encoders everything but causal language modelling, decoders
/// that and a result per sequence or token.
std::span<const TaskType> tasksOf(const ModelConfig& config);
/// Throws lora::Error (BadUsage) naming the tasks there are.
void checkTask(const ModelConfig& config, TaskType task);
/// What the checkpoint was made for, by its `architectures`; where that is no task to fine-tune for (an
/// encoder's masked language modelling), sequence classification.
TaskType usualTask(const ModelConfig& config);

/// The Hugging Face class of the family for a task, for config.json's `architectures`:
/// "BertForSequenceClassification".
std::string architectureName(const ModelConfig& config, TaskType task);

} // namespace lora
