#include "core/io/atomic_file.h"

#include "core/io/file_error.h"

#include <fmt/format.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace lora {

namespace fs = std::filesystem;

namespace {

/// A name beside `path` no other process or thread uses.
fs::path temporaryBeside(const fs::path& path)
{
    static std::atomic<unsigned> counter{0};
    fs::path name = path;
    name += fmt::format(".tmp-{}-{}", getpid(), counter++);
    return name;
}

fs::path parentOf(const fs::path& path)
{
    const fs::path parent = path.parent_path();
    return parent.empty() ? fs::path(".") : parent;
}

/// Makes a folder's entries durable. Some file systems cannot sync folders; then the rename is still atomic.
void syncFolder(const fs::path& folder)
{
    const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    const int code = fsync(descriptor) == 0 ? 0 : errno;
    close(descriptor);
    if (code == EIO || code == ENOSPC)
        throw fileError("cannot write", folder, code);
}

void syncTree(const fs::path& folder)
{
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_directory()) {
            syncFolder(entry.path());
        } else if (entry.is_regular_file()) {
            const FileDescriptor file = openRegularFile(entry.path());
            if (fsync(file.descriptor) != 0)
                throw fileError("cannot write", entry.path(), errno);
        }
    }
    syncFolder(folder);
}

void renameOrThrow(const fs::path& from, const fs::path& to)
{
    if (rename(from.c_str(), to.c_str()) != 0)
        throw fileError("cannot replace", to, errno);
}

/// Removes what it names when it goes out of scope.
struct RemovedAtEnd
{
    fs::path path;
    ~RemovedAtEnd()
    {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
};

void refuseToLoseFiles(const fs::path& existing, const fs::path& replacement)
{
    for (const fs::directory_entry& entry : fs::directory_iterator(existing))
        if (!fs::exists(fs::symlink_status(replacement / entry.path().filename())))
            throw Error(ErrorKind::FileSystem,
                        fmt::format("cannot replace folder {}: it holds {}, which would be lost",
                                    existing.string(), entry.path().filename().string()),
                        "Choose a new or an empty output folder.");
}

/// Puts `replacement` in the place of the folder `path`; afterwards the old one is gone.
void exchangeFolders(const fs::path& replacement, const fs::path& path)
{
    if (renameat2(AT_FDCWD, replacement.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0)
        return; // the old folder now has the temporary name, and goes with it
    if (errno != EINVAL && errno != ENOSYS)
        throw fileError("cannot replace", path, errno);
    // No atomic exchange on this file system: the old folder stays beside until the new one is in place.
    const RemovedAtEnd old{temporaryBeside(path.string() + ".old")};
    renameOrThrow(path, old.path);
    try {
        renameOrThrow(replacement, path);
    } catch (const Error&) {
        renameOrThrow(old.path, path);
        throw;
    }
}

void replaceFolder(const fs::path& temporary, const fs::path& path, OtherFiles otherFiles)
{
    syncTree(temporary);
    if (!fs::exists(fs::symlink_status(path))) {
        renameOrThrow(temporary, path);
    } else if (!fs::is_directory(path)) {
        throw fileError("cannot write folder", path, ENOTDIR);
    } else {
        if (otherFiles == OtherFiles::Refuse)
            refuseToLoseFiles(path, temporary);
        exchangeFolders(temporary, path);
    }
    syncFolder(parentOf(path));
}

} // namespace

AtomicFile::AtomicFile(fs::path path)
    : m_path(std::move(path))
    , m_temporary(temporaryBeside(m_path))
{
    std::error_code ignored; // what is in the way is said by open or rename
    if (fs::is_directory(m_path, ignored))
        throw fileError("cannot write", m_path, EISDIR);
    m_descriptor = open(m_temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (m_descriptor < 0)
        throw fileError("cannot write", m_path, errno);
}

AtomicFile::~AtomicFile()
{
    if (m_descriptor >= 0)
        close(m_descriptor);
    if (!m_temporary.empty())
        unlink(m_temporary.c_str());
}

void AtomicFile::write(std::string_view bytes)
{
    write(std::as_bytes(std::span(bytes)));
}

void AtomicFile::write(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(m_descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            throw fileError("cannot write", m_path, written == 0 ? ENOSPC : errno);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

void AtomicFile::commit()
{
    if (fsync(m_descriptor) != 0)
        throw fileError("cannot write", m_path, errno);
    if (close(std::exchange(m_descriptor, -1)) != 0)
        throw fileError("cannot write", m_path, errno);
    renameOrThrow(m_temporary, m_path);
    m_temporary.clear();
    syncFolder(parentOf(m_path));
}

void writeFileAtomically(const fs::path& path, std::string_view text)
{
    AtomicFile file(path);
    file.write(text);
    file.commit();
}

std::string readFile(const fs::path& path, std::uintmax_t limit)
{
    const FileDescriptor file = openRegularFile(path);
    if (file.size > limit)
        throw Error(ErrorKind::FileSystem, fmt::format("cannot read {}: {} bytes, at most {} are read",
                                                       path.string(), file.size, limit));
    std::string text(file.size, '\0');
    std::size_t position = 0;
    while (position < text.size()) {
        const ssize_t count = read(file.descriptor, text.data() + position, text.size() - position);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            throw fileError("cannot read", path, errno);
        if (count == 0)
            break; // the file became shorter meanwhile
        position += static_cast<std::size_t>(count);
    }
    text.resize(position);
    return text;
}

void makeFolder(const fs::path& path)
{
    std::error_code code;
    fs::create_directories(path, code);
    if (code)
        throw fileError("cannot create folder", path, code.value());
    if (!fs::is_directory(path, code))
        throw fileError("cannot create folder", path, ENOTDIR);
}

void writeFolderAtomically(const fs::path& path, const std::function<void(const fs::path&)>& fill,
                           OtherFiles otherFiles)
{
    try {
        // Links are resolved, so that a link to a folder stays one; "out/" names the folder "out".
        fs::path target = fs::weakly_canonical(fs::absolute(path));
        if (!target.has_filename())
            target = target.parent_path();
        makeFolder(parentOf(target));
        const RemovedAtEnd temporary{temporaryBeside(target)};
        if (!fs::create_directory(temporary.path))
            throw fileError("cannot write", temporary.path, EEXIST);
        fill(temporary.path);
        replaceFolder(temporary.path, target, otherFiles);
    } catch (const fs::filesystem_error& fault) {
        throw fileError("cannot write", fault.path1().empty() ? path : fault.path1(), fault.code().value());
    }
}

} // namespace lora
