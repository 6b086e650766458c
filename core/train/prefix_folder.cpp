#include "core/train/prefix_folder.h"

#include "core/base/error.h"
#include "core/base/quantity_text.h"
#include "core/io/atomic_file.h"
#include "core/io/mapped_file.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include <fmt/format.h>

namespace lora {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t headerBytes = 4096; // a page: the values are aligned
constexpr const char* suffix = ".prefix";

struct Header
{
    char magic[8] = {'L', 'W', 'P', 'R', 'E', 'F', 'I', 'X'};
    std::uint64_t version = 1;
    std::int64_t count = 0;
    char key[16] = {};
    char checksum[16] = {}; ///< of the values
};

void copyText(const std::string& text, char (&to)[16])
{
    std::memcpy(to, text.data(), std::min(text.size(), sizeof to));
}

std::string checksumOf(const PrefixBlock& block)
{
    return hashOf(std::as_bytes(std::span(block.values(), static_cast<std::size_t>(block.count()))));
}

/// The header of these values and its own checksum.
std::vector<std::byte> headerOf(const PrefixBlock& block, const std::string& key)
{
    Header header;
    header.count = block.count();
    copyText(key, header.key);
    copyText(checksumOf(block), header.checksum);
    std::vector<std::byte> bytes(headerBytes);
    std::memcpy(bytes.data(), &header, sizeof header);
    const std::string own = hashOf(std::span(bytes).first(sizeof header));
    std::memcpy(bytes.data() + sizeof header, own.data(), own.size());
    return bytes;
}

struct KeptFile
{
    fs::path path;
    std::int64_t bytes = 0;
    fs::file_time_type used;
};

std::vector<KeptFile> keptFiles(const fs::path& folder)
{
    std::vector<KeptFile> files;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
        std::error_code error; // another process may have removed it meanwhile
        const auto bytes = entry.file_size(error);
        if (error || entry.path().extension() != suffix)
            continue;
        files.push_back({entry.path(), static_cast<std::int64_t>(bytes), entry.last_write_time(error)});
    }
    return files;
}

} // namespace

PrefixFolder::PrefixFolder(fs::path folder, std::int64_t budget)
    : m_folder(std::move(folder))
    , m_budget(budget)
{}

fs::path PrefixFolder::fileOf(const std::string& key) const
{
    return m_folder / (key + suffix);
}

bool PrefixFolder::takes(std::int64_t count) const
{
    const std::int64_t bytes =
        static_cast<std::int64_t>(headerBytes) + count * static_cast<std::int64_t>(sizeof(float));
    return !m_folder.empty() && bytes <= m_budget;
}

std::unique_ptr<PrefixBlock> PrefixFolder::find(const std::string& key, std::int64_t count) const
{
    const fs::path path = fileOf(key);
    std::error_code error;
    if (m_folder.empty() || !fs::exists(path, error))
        return nullptr;
    try {
        auto block = PrefixBlock::ofFile(path, headerBytes);
        const bool isWhole =
            block->bytes() == headerBytes + static_cast<std::size_t>(count) * sizeof(float) &&
            std::ranges::equal(headerOf(*block, key), std::span(block->header(), headerBytes));
        if (isWhole) {
            fs::last_write_time(path, fs::file_time_type::clock::now(), error); // used now, see evict
            return block;
        }
    } catch (const Error&) { // not readable: as if it were not there
    }
    fs::remove(path, error);
    return nullptr;
}

std::unique_ptr<PrefixBlock> PrefixFolder::create(std::int64_t count) const
{
    makeFolder(m_folder);
    std::error_code error;
    const fs::space_info space = fs::space(m_folder, error);
    const std::uintmax_t bytes = static_cast<std::uintmax_t>(count) * sizeof(float);
    if (!error && space.available / 2 < bytes)
        throw Error(ErrorKind::FileSystem,
                    fmt::format("they would take more than half of the {} free in {}",
                                bytesText(static_cast<double>(space.available)), m_folder.string()));
    removeAbandoned(m_folder);
    return PrefixBlock::inFile(m_folder, count, headerBytes);
}

void PrefixFolder::keep(PrefixBlock& block, const std::string& key) const
{
    const std::vector<std::byte> header = headerOf(block, key);
    std::memcpy(block.header(), header.data(), header.size());
    block.renameTo(fileOf(key));
    evict(block.path());
}

void PrefixFolder::evict(const fs::path& spared) const
{
    std::vector<KeptFile> files = keptFiles(m_folder);
    std::ranges::sort(files, std::less{}, &KeptFile::used);
    std::int64_t total = 0;
    for (const KeptFile& file : files)
        total += file.bytes;
    for (const KeptFile& file : files) {
        if (total <= m_budget)
            return;
        std::error_code ignored; // who has it mapped keeps it until the end
        if (file.path != spared && fs::remove(file.path, ignored))
            total -= file.bytes;
    }
}

} // namespace lora
