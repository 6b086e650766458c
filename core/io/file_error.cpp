#include "core/io/file_error.h"

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lora {

namespace {

std::string hintFor(int code)
{
    switch (code) {
    case ENOSPC:
    case EDQUOT:
        return "Free some disk space or choose an output folder on another disk.";
    case EFBIG:
        return "The file system or a limit of this account does not allow files of this size.";
    case EACCES:
    case EPERM:
        return "Check the permissions of the file and its folder, or choose another place.";
    case EROFS:
        return "The file system is mounted read-only; choose another output folder.";
    case ENOENT:
        return "Check the spelling of the path.";
    case ENOTDIR:
        return "A part of the path is a file where a folder is needed.";
    case EISDIR:
        return "The path is a folder; give the path of a file.";
    case EMFILE:
    case ENFILE:
        return "Too many files are open; close other programs or raise the limit (ulimit -n).";
    case ENAMETOOLONG:
        return "Use a shorter name.";
    default:
        return {};
    }
}

} // namespace

Error fileError(const std::string& action, const std::filesystem::path& path, int code)
{
    return Error(ErrorKind::FileSystem,
                 fmt::format("{} {}: {}", action, path.string(), std::generic_category().message(code)),
                 hintFor(code));
}

FileDescriptor::~FileDescriptor()
{
    if (descriptor >= 0)
        close(descriptor);
}

FileDescriptor openRegularFile(const std::filesystem::path& path)
{
    struct stat status = {};
    if (stat(path.c_str(), &status) != 0)
        throw fileError("cannot read", path, errno);
    if (S_ISDIR(status.st_mode))
        throw fileError("cannot read", path, EISDIR);
    if (!S_ISREG(status.st_mode))
        throw Error(ErrorKind::FileSystem,
                    fmt::format("cannot read {}: it is not a regular file", path.string()));
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        throw fileError("cannot read", path, errno);
    return FileDescriptor(descriptor, static_cast<std::size_t>(status.st_size));
}

} // namespace lora
