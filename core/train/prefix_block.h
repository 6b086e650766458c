#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace lora {

/// Where kept hidden states lie.
enum class PrefixPlace {
    Memory,
    TemporaryFile, ///< gone with the process
    KeptFile       ///< serves later sessions too
};

/// A block of float32 numbers in memory or in a mapped file, whose pages the system may give up and read
/// again. Every allocation is real: a full disk is an lora::Error (FileSystem) here, never a crash later.
class PrefixBlock
{
public:
    /// Throws lora::Error (FileSystem) when there is no memory for it.
    static std::unique_ptr<PrefixBlock> inMemory(std::int64_t count);
    /// A new file in `folder` under a temporary name, with `headerBytes` (whole pages) before the numbers. It
    /// is locked for as long as it has that name: `removeAbandoned` knows that somebody is at work.
    static std::unique_ptr<PrefixBlock> inFile(const std::filesystem::path& folder, std::int64_t count,
                                               std::size_t headerBytes);
    /// An existing file, read-only.
    static std::unique_ptr<PrefixBlock> ofFile(const std::filesystem::path& path, std::size_t headerBytes);
    ~PrefixBlock();
    PrefixBlock(const PrefixBlock&) = delete;
    PrefixBlock& operator=(const PrefixBlock&) = delete;

    PrefixPlace place() const { return m_place; }
    const std::filesystem::path& path() const { return m_path; } ///< empty in memory
    float* values() { return reinterpret_cast<float*>(m_data + m_headerBytes); }
    const float* values() const { return reinterpret_cast<const float*>(m_data + m_headerBytes); }
    std::int64_t count() const;
    std::byte* header() { return m_data; }
    std::size_t bytes() const { return m_bytes; }

    /// Gives a temporary file its name; from now on it is never written.
    void renameTo(const std::filesystem::path& path);
    bool hasTemporaryName() const { return m_descriptor >= 0; }
    /// A temporary file without a name: nothing is left of it after the process.
    void forgetName();

private:
    PrefixBlock() = default;
    void map(int protection, std::size_t bytes);

    PrefixPlace m_place = PrefixPlace::Memory;
    std::filesystem::path m_path;
    std::byte* m_data = nullptr;
    std::size_t m_bytes = 0; ///< with header
    std::size_t m_headerBytes = 0;
    int m_descriptor = -1; ///< while it has a temporary name
};

/// Removes temporary files in `folder` whose processes are gone.
void removeAbandoned(const std::filesystem::path& folder);

} // namespace lora
