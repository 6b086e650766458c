#pragma once

#include "core/report/report_model.h"

#include <string>

namespace lora {

/// RFC 4180 with a heading line, plain numbers (no units in the cells), empty cells where nothing was
/// measured.

/// One line a run: the comparison with units in the headings.
std::string comparisonCsv(const ReportModel& report);
/// One line for each configuration but the baseline: its paired difference on the same examples.
std::string statisticsCsv(const ReportModel& report);
/// One line per recorded step or evaluation of one run; evaluation columns begin with "eval_".
std::string metricsCsv(const RunRecord& run);

} // namespace lora
