#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace lora {

/// What a model is trained to do; spelled as in experiment files.
enum class TaskType {
    SequenceClassification,   ///< "sequence-classification": one label per text or pair of texts
    MultiLabelClassification, ///< "multi-label-classification": any number of labels per text
    Regression,               ///< "regression": a number per text or pair, for example similarity
    TokenClassification,      ///< "token-classification": a label per word, for example entities
    QuestionAnswering,        ///< "question-answering": the span of a passage that answers a question
    CausalLm,                 ///< "causal-lm": the next token
    MaskedLm                  ///< "masked-lm": fill in hidden tokens
};

/// All of them, in the order above.
std::span<const TaskType> allTasks();

std::string_view toString(TaskType task);
std::optional<TaskType> taskFromString(std::string_view text);
/// One result per sequence from a classifier on top: the first three.
bool isSequenceTask(TaskType task);
/// Logits over the vocabulary.
bool isLanguageModelling(TaskType task);
/// Logits over a set of named labels: classification, multi-label, token classification.
bool hasLabelNames(TaskType task);
/// PEFT's `task_type`: "SEQ_CLS", …; empty where PEFT has none (masked language modelling).
std::string_view peftTaskType(TaskType task);
/// Metrics an evaluation of the task may be judged by, as Hugging Face names them without "eval_"; the first
/// is the default.
std::span<const std::string_view> metricNames(TaskType task);
/// Whether a smaller value is the better one (losses, perplexity, errors); with or without "eval_".
bool isLowerBetter(std::string_view metric);

} // namespace lora
