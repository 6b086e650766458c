#include "core/config/task.h"

#include <array>
#include <utility>

namespace lora {

namespace {

constexpr std::array<std::pair<TaskType, std::string_view>, 7> taskNames{{
    {TaskType::SequenceClassification, "sequence-classification"},
    {TaskType::MultiLabelClassification, "multi-label-classification"},
    {TaskType::Regression, "regression"},
    {TaskType::TokenClassification, "token-classification"},
    {TaskType::QuestionAnswering, "question-answering"},
    {TaskType::CausalLm, "causal-lm"},
    {TaskType::MaskedLm, "masked-lm"},
}};

constexpr std::array<TaskType, 7> tasks{TaskType::SequenceClassification,
                                        TaskType::MultiLabelClassification,
                                        TaskType::Regression,
                                        TaskType::TokenClassification,
                                        TaskType::QuestionAnswering,
                                        TaskType::CausalLm,
                                        TaskType::MaskedLm};

constexpr std::array<std::string_view, 4> classificationMetrics{"accuracy", "f1", "matthews_correlation",
                                                                "loss"};
constexpr std::array<std::string_view, 4> multiLabelMetrics{"f1", "f1_macro", "accuracy", "loss"};
constexpr std::array<std::string_view, 5> regressionMetrics{"pearson", "spearmanr", "mse", "mae", "loss"};
constexpr std::array<std::string_view, 5> tokenMetrics{"f1", "precision", "recall", "accuracy", "loss"};
constexpr std::array<std::string_view, 3> answerMetrics{"f1", "exact_match", "loss"};
constexpr std::array<std::string_view, 3> languageMetrics{"loss", "perplexity", "accuracy"};

} // namespace

std::string_view toString(TaskType task)
{
    for (const auto& [type, name] : taskNames) {
        if (type == task)
            return name;
    }
    return {};
}

std::optional<TaskType> taskFromString(std::string_view text)
{
    for (const auto& [type, name] : taskNames) {
        if (name == text)
            return type;
    }
    return std::nullopt;
}

std::span<const TaskType> allTasks()
{
    return tasks;
}

bool isSequenceTask(TaskType task)
{
    return task == TaskType::SequenceClassification || task == TaskType::MultiLabelClassification ||
           task == TaskType::Regression;
}

bool isLanguageModelling(TaskType task)
{
    return task == TaskType::CausalLm || task == TaskType::MaskedLm;
}

bool hasLabelNames(TaskType task)
{
    return task == TaskType::SequenceClassification || task == TaskType::MultiLabelClassification ||
           task == TaskType::TokenClassification;
}

std::string_view peftTaskType(TaskType task)
{
    switch (task) {
    case TaskType::SequenceClassification:
    case TaskType::MultiLabelClassification:
    case TaskType::Regression:
        return "SEQ_CLS";
    case TaskType::TokenClassification:
        return "TOKEN_CLS";
    case TaskType::QuestionAnswering:
        return "QUESTION_ANS";
    case TaskType::CausalLm:
        return "CAUSAL_LM";
    case TaskType::MaskedLm:
        break;
    }
    return "";
}

std::span<const std::string_view> metricNames(TaskType task)
{
    switch (task) {
    case TaskType::SequenceClassification:
        return classificationMetrics;
    case TaskType::MultiLabelClassification:
        return multiLabelMetrics;
    case TaskType::Regression:
        return regressionMetrics;
    case TaskType::TokenClassification:
        return tokenMetrics;
    case TaskType::QuestionAnswering:
        return answerMetrics;
    case TaskType::CausalLm:
    case TaskType::MaskedLm:
        break;
    }
    return languageMetrics;
}

bool isLowerBetter(std::string_view metric)
{
    if (metric.starts_with("eval_"))
        metric.remove_prefix(5);
    return metric == "loss" || metric == "perplexity" || metric == "mse" || metric == "mae";
}

} // namespace lora
