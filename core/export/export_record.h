#pragma once

#include "core/export/peft_adapter.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lora {

/// One entry of exports.json in a run folder: what was written from the run, and the check it passed.
struct RecordedExport
{
    ExportCertificate certificate; ///< path: relative to the run folder where it lies inside it
    std::string version;           ///< of the program that wrote it
};

/// Adds an export to exports.json, in place of an earlier one to the same path; the last 100 are kept. A
/// damaged file is replaced. Throws lora::Error (FileSystem) when it cannot be written.
void recordExport(const std::filesystem::path& runFolder, const ExportCertificate& certificate);

/// Oldest first; empty where nothing was recorded. Throws lora::Error (BadInput) naming the file when it is
/// damaged.
std::vector<RecordedExport> readExports(const std::filesystem::path& runFolder);

} // namespace lora
