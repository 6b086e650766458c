#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace lora {

/// A file mapped read-only into memory for as long as the object lives.
class MappedFile
{
public:
    /// Throws lora::Error (FileSystem) when the file is missing, not a regular file or not readable.
    static std::shared_ptr<const MappedFile> open(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const { return {m_data, m_size}; }

private:
    MappedFile() = default;
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
};

/// Hash of the bytes, 16 hexadecimal digits; identifies data and models in run records (not a security
/// measure).
std::string hashOf(std::span<const std::byte> bytes);

} // namespace lora
