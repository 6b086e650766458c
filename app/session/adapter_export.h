#pragma once

#include <QString>

#include <filesystem>

namespace lora::app {

/// Writes the adapter of a run as a PEFT folder, reads it back and compares its answers on evaluation rows
/// with the run's; the answer says so in a sentence. Takes seconds. Throws lora::Error.
QString exportAdapter(const std::filesystem::path& runFolder, const std::filesystem::path& targetFolder);

} // namespace lora::app
