#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lora {

/// What a model is trained to do; spelled as in experiment files.
enum class TaskType {
    SequenceClassification, ///< "sequence-classification": one label per text or pair of texts
    MaskedLm                ///< "masked-lm": fill in hidden tokens
};

std::string_view toString(TaskType task);
std::optional<TaskType> taskFromString(std::string_view text);
/// PEFT's `task_type`: "SEQ_CLS", …; empty where PEFT has none (masked language modelling).
std::string_view peftTaskType(TaskType task);
/// Metrics an evaluation of the task may be judged by, as Hugging Face names them without "eval_"; the first
/// is the default.
std::span<const std::string_view> metricNames(TaskType task);

} // namespace lora
