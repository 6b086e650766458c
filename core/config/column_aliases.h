#pragma once

#include "core/config/task.h"

#include <span>
#include <string_view>

namespace lora {

/// A task's own name for one of the columns "text", "text_pair" and "label" in `data.columns`: "question" is
/// the text of question answering. Experiments are written with the three names.
struct ColumnAlias
{
    TaskType task;
    std::string_view alias;
    std::string_view column;
};

std::span<const ColumnAlias> columnAliases();
/// What the task calls that column; the column itself where it has no other name, and where a task has
/// several (prompt, messages).
std::string_view columnNameFor(TaskType task, std::string_view column);

} // namespace lora
