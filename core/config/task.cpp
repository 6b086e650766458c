#include "core/config/task.h"

#include <array>
#include <utility>

namespace lora {

namespace {

constexpr std::array<std::pair<TaskType, std::string_view>, 2> taskNames{{
    {TaskType::SequenceClassification, "sequence-classification"},
    {TaskType::MaskedLm, "masked-lm"},
}};

constexpr std::array<std::string_view, 4> classificationMetrics{"accuracy", "f1", "matthews_correlation",
                                                                "loss"};
constexpr std::array<std::string_view, 3> maskedLmMetrics{"loss", "perplexity", "accuracy"};

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

std::string_view peftTaskType(TaskType task)
{
    return task == TaskType::SequenceClassification ? "SEQ_CLS" : "";
}

std::span<const std::string_view> metricNames(TaskType task)
{
    if (task == TaskType::MaskedLm)
        return maskedLmMetrics;
    return classificationMetrics;
}

} // namespace lora
