#include "core/train/prefix_block.h"

#include "core/io/file_error.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

namespace lora {

namespace fs = std::filesystem;

namespace {

constexpr const char* temporarySuffix = ".part";

fs::path temporaryIn(const fs::path& folder)
{
    static std::atomic<unsigned> counter{0};
    return folder / fmt::format("{}-{}{}", getpid(), counter++, temporarySuffix);
}

std::size_t bytesOf(std::int64_t count)
{
    return static_cast<std::size_t>(count) * sizeof(float);
}

} // namespace

std::unique_ptr<PrefixBlock> PrefixBlock::inMemory(std::int64_t count)
{
    std::unique_ptr<PrefixBlock> block(new PrefixBlock);
    block->map(PROT_READ | PROT_WRITE, bytesOf(count));
    return block;
}

std::unique_ptr<PrefixBlock> PrefixBlock::inFile(const fs::path& folder, std::int64_t count,
                                                 std::size_t headerBytes)
{
    std::unique_ptr<PrefixBlock> block(new PrefixBlock);
    block->m_place = PrefixPlace::TemporaryFile;
    const fs::path path = temporaryIn(folder);
    block->m_descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (block->m_descriptor < 0)
        throw fileError("cannot write", path, errno);
    block->m_path = path;
    block->m_headerBytes = headerBytes;
    flock(block->m_descriptor, LOCK_EX | LOCK_NB); // nobody else has it open
    const std::size_t bytes = headerBytes + bytesOf(count);
    // Without blocks of its own a mapped page could find the disk full when it is written: a fatal signal.
    if (const int code = posix_fallocate(block->m_descriptor, 0, static_cast<off_t>(bytes)))
        throw fileError("cannot write", path, code);
    block->map(PROT_READ | PROT_WRITE, bytes);
    return block;
}

std::unique_ptr<PrefixBlock> PrefixBlock::ofFile(const fs::path& path, std::size_t headerBytes)
{
    const FileDescriptor file = openRegularFile(path);
    std::unique_ptr<PrefixBlock> block(new PrefixBlock);
    if (file.size < headerBytes)
        throw fileError("cannot read", path, EINVAL);
    block->m_place = PrefixPlace::KeptFile;
    block->m_path = path;
    block->m_headerBytes = headerBytes;
    block->m_data =
        static_cast<std::byte*>(mmap(nullptr, file.size, PROT_READ, MAP_SHARED, file.descriptor, 0));
    if (block->m_data == MAP_FAILED) {
        block->m_data = nullptr;
        throw fileError("cannot map", path, errno);
    }
    block->m_bytes = file.size;
    return block;
}

PrefixBlock::~PrefixBlock()
{
    if (m_data)
        munmap(m_data, m_bytes);
    if (m_descriptor < 0)
        return;
    std::error_code ignored;
    fs::remove(m_path, ignored);
    close(m_descriptor);
}

std::int64_t PrefixBlock::count() const
{
    return static_cast<std::int64_t>((m_bytes - m_headerBytes) / sizeof(float));
}

void PrefixBlock::map(int protection, std::size_t bytes)
{
    const bool isFile = m_descriptor >= 0;
    void* data = mmap(nullptr, std::max<std::size_t>(bytes, 1), protection,
                      isFile ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, m_descriptor, 0);
    if (data == MAP_FAILED)
        throw fileError(isFile ? "cannot map" : "no memory for hidden states", m_path, errno);
    m_data = static_cast<std::byte*>(data);
    m_bytes = std::max<std::size_t>(bytes, 1);
}

void PrefixBlock::renameTo(const fs::path& path)
{
    if (rename(m_path.c_str(), path.c_str()) != 0)
        throw fileError("cannot write", path, errno);
    mprotect(m_data, m_bytes, PROT_READ);
    m_path = path;
    m_place = PrefixPlace::KeptFile;
    close(m_descriptor);
    m_descriptor = -1;
}

void PrefixBlock::forgetName()
{
    std::error_code ignored;
    fs::remove(m_path, ignored);
    close(m_descriptor);
    m_descriptor = -1;
}

void removeAbandoned(const fs::path& folder)
{
    std::error_code ignored;
    const auto now = fs::file_time_type::clock::now();
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
        if (entry.path().extension() != temporarySuffix)
            continue;
        // A process that has just made its file may not have locked it yet.
        if (now - entry.last_write_time(ignored) < std::chrono::minutes(1))
            continue;
        const int descriptor = open(entry.path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (descriptor < 0)
            continue;
        if (flock(descriptor, LOCK_EX | LOCK_NB) == 0)
            fs::remove(entry.path(), ignored);
        close(descriptor);
    }
}

} // namespace lora
