#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace lora {

/// What changes when a file is written again or replaced; times in nanoseconds since 1970.
struct FileIdentity
{
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t size = 0;
    std::int64_t modified = 0;
    std::int64_t changed = 0;
    bool operator==(const FileIdentity&) const = default;
};

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
    const FileIdentity& identity() const { return m_identity; } ///< when it was opened

private:
    MappedFile() = default;
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
    FileIdentity m_identity;
};

/// Hash of the bytes, 16 hexadecimal digits; identifies data and models in run records (not a security
/// measure).
std::string hashOf(std::span<const std::byte> bytes);

} // namespace lora
