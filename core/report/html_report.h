#pragma once

#include "core/report/report_model.h"

#include <filesystem>
#include <string>

namespace lora {

/// One self-contained HTML document without scripts or references to other files: comparison, curves, cost
/// with where its figures come from, configuration. Light, prints well; all text from files is escaped.
std::string htmlReport(const ReportModel& report);

/// Writes it atomically; throws lora::Error (FileSystem).
void writeHtmlReport(const ReportModel& report, const std::filesystem::path& path);

} // namespace lora
