#include "core/config/column_aliases.h"

#include <array>

namespace lora {

namespace {

constexpr std::array<ColumnAlias, 10> aliases{{
    {TaskType::MultiLabelClassification, "labels", "label"},
    {TaskType::Regression, "score", "label"},
    {TaskType::TokenClassification, "tokens", "text"},
    {TaskType::TokenClassification, "tags", "label"},
    {TaskType::QuestionAnswering, "question", "text"},
    {TaskType::QuestionAnswering, "context", "text_pair"},
    {TaskType::QuestionAnswering, "answers", "label"},
    {TaskType::CausalLm, "prompt", "text"},
    {TaskType::CausalLm, "completion", "label"},
    {TaskType::CausalLm, "messages", "text"},
}};

} // namespace

std::span<const ColumnAlias> columnAliases()
{
    return aliases;
}

std::string_view columnNameFor(TaskType task, std::string_view column)
{
    std::string_view name = column;
    int names = 0;
    for (const ColumnAlias& each : aliases) {
        if (each.task == task && each.column == column) {
            name = each.alias;
            ++names;
        }
    }
    return names == 1 ? name : column;
}

} // namespace lora
