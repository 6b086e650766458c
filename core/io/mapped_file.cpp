#include "core/io/mapped_file.h"

#include "core/base/error.h"
#include "core/io/file_error.h"

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lora {

namespace {

constexpr std::uint64_t Prime1 = 0x9E3779B185EBCA87u;
constexpr std::uint64_t Prime2 = 0xC2B2AE3D27D4EB4Fu;
constexpr std::uint64_t Prime3 = 0x165667B19E3779F9u;
constexpr std::uint64_t Prime4 = 0x85EBCA77C2B2AE63u;
constexpr std::uint64_t Prime5 = 0x27D4EB2F165667C5u;

template <class T>
T load(const std::byte* at)
{
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

std::uint64_t mixLane(std::uint64_t lane, std::uint64_t input)
{
    return std::rotl(lane + input * Prime2, 31) * Prime1;
}

std::uint64_t avalanche(std::uint64_t hash)
{
    hash = (hash ^ (hash >> 33)) * Prime2;
    hash = (hash ^ (hash >> 29)) * Prime3;
    return hash ^ (hash >> 32);
}

std::int64_t nanoseconds(const timespec& time)
{
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

FileIdentity identityOf(int descriptor)
{
    struct stat status = {};
    if (fstat(descriptor, &status) != 0)
        return {};
    return {status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
            nanoseconds(status.st_mtim), nanoseconds(status.st_ctim)};
}

/// XXH64 with seed 0 (Collet, xxHash specification 0.1.1).
std::uint64_t xxh64(std::span<const std::byte> bytes)
{
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t hash = Prime5;
    if (left >= 32) {
        std::uint64_t lanes[4] = {Prime1 + Prime2, Prime2, 0, 0 - Prime1};
        for (; left >= 32; at += 32, left -= 32)
            for (int i = 0; i < 4; ++i)
                lanes[i] = mixLane(lanes[i], load<std::uint64_t>(at + 8 * i));
        hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) +
               std::rotl(lanes[3], 18);
        for (const std::uint64_t lane : lanes)
            hash = (hash ^ mixLane(0, lane)) * Prime1 + Prime4;
    }
    hash += bytes.size();
    for (; left >= 8; at += 8, left -= 8)
        hash = std::rotl(hash ^ mixLane(0, load<std::uint64_t>(at)), 27) * Prime1 + Prime4;
    for (; left >= 4; at += 4, left -= 4)
        hash = std::rotl(hash ^ (load<std::uint32_t>(at) * Prime1), 23) * Prime2 + Prime3;
    for (; left > 0; ++at, --left)
        hash = std::rotl(hash ^ (std::to_integer<std::uint64_t>(*at) * Prime5), 11) * Prime1;
    return avalanche(hash);
}

} // namespace

std::shared_ptr<const MappedFile> MappedFile::open(const std::filesystem::path& path)
{
    const FileDescriptor file = openRegularFile(path);
    std::shared_ptr<MappedFile> mapped(new MappedFile);
    mapped->m_identity = identityOf(file.descriptor);
    if (file.size == 0) // mmap refuses empty ranges
        return mapped;
    void* data = mmap(nullptr, file.size, PROT_READ, MAP_PRIVATE, file.descriptor, 0);
    if (data == MAP_FAILED)
        throw fileError("cannot map", path, errno);
    mapped->m_data = static_cast<const std::byte*>(data);
    mapped->m_size = file.size;
    return mapped;
}

MappedFile::~MappedFile()
{
    if (m_data)
        munmap(const_cast<std::byte*>(m_data), m_size);
}

std::string hashOf(std::span<const std::byte> bytes)
{
    return fmt::format("{:016x}", xxh64(bytes));
}

} // namespace lora
