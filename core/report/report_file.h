#pragma once

#include "core/report/report_document.h"
#include "core/report/report_model.h"

#include <filesystem>
#include <string>

namespace lora {

/// What a file's ending asks for: .html or .htm, .md, .csv.
enum class ReportForm { Html, Markdown, Csv };

/// Throws lora::Error (BadUsage) naming the forms there are.
ReportForm reportFormOf(const std::filesystem::path& path);

/// Writes the report in the form the path's ending asks for, whole or not at all; CSV is the comparison.
/// Throws lora::Error (BadUsage, FileSystem).
void writeReportFile(const ReportModel& report, const std::filesystem::path& path);

/// GitHub's Markdown: tables, and of charts what there is to see in words. All text is escaped.
std::string markdownReport(const ReportDocument& document);

} // namespace lora
