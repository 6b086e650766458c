#pragma once

#include "core/io/checkpoint_files.h"

#include <filesystem>
#include <string>

namespace lora {

/// $LORA_WORKBENCH_CACHE/model-hashes, else $XDG_CACHE_HOME/lora-workbench/model-hashes, else below ~/.cache.
std::filesystem::path modelHashFolder();

/// One hash for all tensors' names and bytes, whatever files they lie in; see hashOf. Every byte has to be
/// read once, by all processors; for large files the result is then remembered in `cache`, and holds as long
/// as path, device, inode, size and times of each file stay as they are. A cache that cannot be read or
/// written costs time, nothing else.
std::string modelHash(const ModelFiles& files, const std::filesystem::path& cache = modelHashFolder());

} // namespace lora
