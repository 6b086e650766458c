#pragma once

#include <filesystem>

namespace lora {

/// Where the program's own models and data are: LORA_WORKBENCH_RESOURCES, else the source tree it was built from, else
/// ../share/lora-workbench beside the program. Throws lora::Error (FileSystem) when none of them exists.
std::filesystem::path resourcesFolder();

} // namespace lora
