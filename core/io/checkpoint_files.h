#pragma once

#include "core/io/safetensors.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

namespace lora {

/// The tensors of a Hugging Face model folder: `model.safetensors`, or the shards
/// `model.safetensors.index.json` names. Only headers are read; tensor bytes are mapped and stay valid as
/// long as this object (or a copy of it) lives.
class ModelFiles
{
public:
    const std::filesystem::path& folder() const { return m_folder; }
    const std::vector<SafetensorsFile>& files() const { return m_files; } ///< at least one
    const std::vector<NamedTensor>& tensors() const { return m_tensors; }
    /// Null when there is no such tensor.
    const NamedTensor* find(const std::string& name) const;
    std::uint64_t totalBytes() const; ///< of all tensors

private:
    friend ModelFiles openModelTensors(const std::filesystem::path& folder);
    void add(const NamedTensor& tensor);

    std::filesystem::path m_folder;
    std::vector<SafetensorsFile> m_files;
    std::vector<NamedTensor> m_tensors;
    std::unordered_map<std::string, std::size_t> m_index;
};

/// Throws lora::Error: FileSystem when weights or a shard are missing (naming other formats found there),
/// BadInput when a file is malformed, the index names a file outside the folder or a tensor its shard does
/// not hold.
ModelFiles openModelTensors(const std::filesystem::path& folder);

} // namespace lora
