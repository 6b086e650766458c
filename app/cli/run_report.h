#pragma once

#include "app/cli/console.h"

#include "core/runs/run_record.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lora::app {

/// Writes the HTML report of runs with the cost of the first one's configuration; where that can no longer be
/// computed (model or data are gone) a note says so and the report is written without. Throws lora::Error
/// (FileSystem).
void writeReport(const std::string& title, const std::vector<std::shared_ptr<const RunRecord>>& runs,
                 const std::filesystem::path& path, Console& console);

} // namespace lora::app
