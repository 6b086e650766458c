#pragma once

#include "core/io/mapped_file.h"
#include "core/io/named_tensor.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace lora {

/// Reads the safetensors format (huggingface/safetensors): 8 bytes little-endian header length, a JSON
/// header, tensor bytes. The file is memory-mapped; every field of the header is checked before use (hostile
/// input).
class SafetensorsFile
{
public:
    /// Throws lora::Error: FileSystem when it cannot be read, BadInput naming file and fault when it is
    /// malformed.
    static SafetensorsFile open(const std::filesystem::path& path);

    const std::filesystem::path& path() const { return m_path; }
    const FileIdentity& identity() const { return m_file->identity(); }
    const std::vector<NamedTensor>& tensors() const { return m_tensors; } ///< in file order
    /// Null when there is no such tensor.
    const NamedTensor* find(const std::string& name) const;
    const std::map<std::string, std::string>& metadata() const { return m_metadata; }

private:
    std::filesystem::path m_path;
    std::shared_ptr<const MappedFile> m_file;
    std::vector<NamedTensor> m_tensors;
    std::map<std::string, std::size_t> m_index;
    std::map<std::string, std::string> m_metadata;
};

/// A tensor to be written; `values` must hold the product of `shape` and stay alive until the write returns.
struct TensorToWrite
{
    std::string name;
    std::vector<std::int64_t> shape;
    std::span<const float> values;
};

/// Writes tensors as F32, or rounded to F16 (sorted by name, header padded to 8 bytes, metadata format "pt"
/// as Hugging Face's loaders require) whole or not at all. Throws lora::Error (FileSystem).
void writeSafetensors(const std::filesystem::path& path, std::vector<TensorToWrite> tensors,
                      DataType type = DataType::F32);

} // namespace lora
