#pragma once

#include "core/config/task.h"
#include "core/data/column_mapping.h"
#include "core/data/data_table.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace lora {

using LabelCounts = std::vector<std::pair<std::string, std::int64_t>>;

/// Rows of each class, label or "answered"/"unanswerable"; words of each tag; nothing for numbers and
/// language modelling. In the order of the label ids. What cannot be counted is left to lintLabels.
LabelCounts countLabels(const DataTable& table, const ResolvedColumns& columns, TaskType task);

/// Labels that training would refuse or leave out: missing ones, tags that do not match their words, answers
/// that do not stand in the passage, scores that are no numbers, chats that are none.
void lintLabels(const DataTable& table, const ResolvedColumns& columns, TaskType task,
                std::vector<DataProblem>& problems);

} // namespace lora
