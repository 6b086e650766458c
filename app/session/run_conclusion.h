#pragma once

#include "core/runs/run_record.h"
#include "ui/pages/comparison_values.h"

#include <memory>
#include <vector>

namespace lora::app {

/// What two or more runs say about each other on the same evaluation examples. Reads their outcomes and draws
/// them thousands of times: never on the window's thread.
ui::ComparisonConclusion concludeFrom(const std::vector<std::shared_ptr<const RunRecord>>& runs);

} // namespace lora::app
