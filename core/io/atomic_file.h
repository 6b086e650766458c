#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace lora {

/// A file written whole or not at all: bytes go to a temporary beside it, `commit` syncs and renames. Without
/// commit the temporary is removed. All faults (unwritable folder, disk full) throw lora::Error (FileSystem)
/// naming the path.
class AtomicFile
{
public:
    explicit AtomicFile(std::filesystem::path path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    void write(std::string_view bytes);
    void write(std::span<const std::byte> bytes);
    void commit();

private:
    std::filesystem::path m_path;
    std::filesystem::path m_temporary;
    int m_descriptor = -1;
};

/// Writes `text` to `path` atomically.
void writeFileAtomically(const std::filesystem::path& path, std::string_view text);
/// The whole file as text; throws lora::Error (FileSystem) when it cannot be read or is larger than `limit`
/// bytes.
std::string readFile(const std::filesystem::path& path, std::uintmax_t limit = std::uintmax_t{1} << 32);
/// Creates the folder and its parents; throws lora::Error (FileSystem) naming it when that fails.
void makeFolder(const std::filesystem::path& path);
/// What happens to files of an existing folder that the new one does not have.
enum class OtherFiles {
    Refuse, ///< throw before anything is changed: the folder may be the user's own
    Drop    ///< replace the folder all the same (folders this program made)
};

/// Builds a folder whole or not at all: `fill` writes into a temporary folder beside `path`, which then
/// replaces `path` in one step; an interruption leaves the old folder or the new one. Throws lora::Error
/// (FileSystem).
void writeFolderAtomically(const std::filesystem::path& path,
                           const std::function<void(const std::filesystem::path& temporary)>& fill,
                           OtherFiles otherFiles = OtherFiles::Refuse);

} // namespace lora
