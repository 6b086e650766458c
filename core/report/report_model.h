#pragma once

#include "core/cost/cost_report.h"
#include "core/runs/run_record.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// What a report is made of; every writer (HTML, CSV) shows the same.
struct ReportModel
{
    std::string title;
    std::vector<std::shared_ptr<const RunRecord>> runs;
    std::optional<CostReport> cost; ///< of the first run's configuration
};

} // namespace lora
