#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <filesystem>
#include <string>

namespace lora {

/// The error of a failed system call: "cannot write x/y.json: No space left on device", with a hint about
/// what to do. `code` is an errno value.
Error fileError(const std::string& action, const std::filesystem::path& path, int code);

/// An open file that closes itself.
struct FileDescriptor
{
    int descriptor = -1;
    std::size_t size = 0;

    FileDescriptor(int openDescriptor, std::size_t bytes)
        : descriptor(openDescriptor)
        , size(bytes)
    {}
    ~FileDescriptor();
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
};

/// Opens for reading; throws lora::Error (FileSystem) unless it is a readable regular file (a pipe would
/// block).
FileDescriptor openRegularFile(const std::filesystem::path& path);

} // namespace lora
