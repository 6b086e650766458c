#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace lora {

/// A log that only grows (O_APPEND): every `append` reaches the file whole or, when it fails (disk full), not
/// at all, and then throws lora::Error (FileSystem) naming the path. While open the file is locked (flock),
/// so that a reader can tell a run in progress from one that was interrupted; a second writer is refused.
class AppendFile
{
public:
    explicit AppendFile(std::filesystem::path path);
    ~AppendFile();
    AppendFile(const AppendFile&) = delete;
    AppendFile& operator=(const AppendFile&) = delete;

    void append(std::string_view bytes);
    /// Cuts the file back to its first `size` bytes.
    void truncate(std::uintmax_t size);
    /// Waits until what was appended is on the disk.
    void sync();

    const std::filesystem::path& path() const { return m_path; }

private:
    void lock();

    std::filesystem::path m_path;
    int m_descriptor = -1;
};

/// True while some process (or this one) has the file open as an AppendFile.
bool isBeingWritten(const std::filesystem::path& path);

} // namespace lora
