#pragma once

#include "core/report/html_report.h"

#include <filesystem>

namespace lora::app {

/// Pages of A4, charts as vectors' sharp pictures, written whole or not at all. May be called on any thread.
/// Throws lora::Error (FileSystem).
void writeReportPdf(const RichReport& report, const std::filesystem::path& file);

} // namespace lora::app
