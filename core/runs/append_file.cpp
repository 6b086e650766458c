#include "core/runs/append_file.h"

#include "core/io/file_error.h"

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lora {

AppendFile::AppendFile(std::filesystem::path path)
    : m_path(std::move(path))
{
    m_descriptor = ::open(m_path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (m_descriptor < 0)
        throw fileError("open", m_path, errno);
    lock();
}

AppendFile::~AppendFile()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

void AppendFile::lock()
{
    // A reader asking isBeingWritten holds its shared lock for an instant; only a writer holds on.
    for (int attempt = 0; attempt < 50; ++attempt) {
        if (::flock(m_descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
            return; // file systems without locks still get their log
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ::close(std::exchange(m_descriptor, -1));
    throw Error(ErrorKind::FileSystem, fmt::format("{} is being written by another run", m_path.string()),
                "Wait for that run to end, stop it, or choose another run folder.");
}

void AppendFile::append(std::string_view bytes)
{
    struct stat before = {};
    ::fstat(m_descriptor, &before);
    while (!bytes.empty()) {
        const ssize_t written = ::write(m_descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            const int code = written < 0 ? errno : ENOSPC;
            // Half a line would be the last one: take it back, the lines before stay.
            if (S_ISREG(before.st_mode) && ::ftruncate(m_descriptor, before.st_size) != 0)
                throw fileError("take back half a line of", m_path, errno);
            throw fileError("write", m_path, code);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void AppendFile::truncate(std::uintmax_t size)
{
    if (::ftruncate(m_descriptor, static_cast<off_t>(size)) != 0)
        throw fileError("shorten", m_path, errno);
}

void AppendFile::sync()
{
    if (::fsync(m_descriptor) != 0 && errno != EINVAL && errno != EROFS)
        throw fileError("write", m_path, errno);
}

bool isBeingWritten(const std::filesystem::path& path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return false;
    const bool isLocked = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(descriptor);
    return isLocked;
}

} // namespace lora
