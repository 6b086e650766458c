#pragma once

#include "core/report/report_model.h"

#include <string>
#include <vector>

namespace lora {

/// RFC 4180 with a heading line, plain numbers (no units in the cells), empty cells where nothing was
/// measured.

/// A cell of text, quoted where it has to be and never one that a spreadsheet would run as a formula.
std::string csvText(std::string text);
std::string csvLine(const std::vector<std::string>& cells);

/// One line a run: the comparison with units in the headings.
std::string comparisonCsv(const ReportModel& report);
/// One line for each configuration but the baseline: its paired difference on the same examples.
std::string statisticsCsv(const ReportModel& report);
/// One line per recorded step or evaluation of one run; evaluation columns begin with "eval_".
std::string metricsCsv(const RunRecord& run);

} // namespace lora
