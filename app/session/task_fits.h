#pragma once

#include "core/data/data_table.h"
#include "ui/dataset_preview.h"

#include <vector>

namespace lora::app {

/// What the rows of a table can be used for, judged by its columns' names and contents: every task, the one
/// they look like first, with what is missing for the others.
std::vector<ui::TaskFit> taskFits(const DataTable& table);

} // namespace lora::app
