#pragma once

#include "core/report/report_document.h"
#include "core/runs/run_comparison.h"
#include "core/runs/run_statistics.h"

// The sections of reportDocument. One with no blocks is left out.
namespace lora {

std::string nameOf(const RunRecord& run);

ReportSection answerSection(const ReportModel& report, const RunComparison& comparison,
                            const RunStatistics& statistics);
ReportSection comparisonSection(const RunComparison& comparison);
ReportSection statisticsSection(const RunStatistics& statistics);
ReportSection tradeSection(const ReportModel& report, const RunComparison& comparison,
                           const RunStatistics& statistics);
ReportSection curvesSection(const ReportModel& report, const std::string& metric);

ReportSection costSection(const ReportModel& report);
ReportSection ledgerSection(const ReportModel& report);
ReportSection estimateSection(const ReportModel& report);

ReportSection differenceSection(const RunComparison& comparison);
ReportSection dataSection(const ReportModel& report);
ReportSection exportSection(const ReportModel& report);
ReportSection originSection(const ReportModel& report);
ReportSection configurationSection(const ReportModel& report);

} // namespace lora
