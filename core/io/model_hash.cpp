#include "core/io/model_hash.h"

#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/base/process_memory.h"
#include "core/io/atomic_file.h"
#include "core/io/mapped_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

namespace lora {

namespace fs = std::filesystem;

namespace {

/// Smaller models are read faster than a remembered hash is looked up.
constexpr std::uint64_t smallestRemembered = 4u << 20;
constexpr std::size_t hashDigits = 16;

std::string hashOfText(std::string_view text)
{
    return hashOf(std::as_bytes(std::span(text)));
}

std::string computedHash(const ModelFiles& files)
{
    const std::vector<NamedTensor>& tensors = files.tensors();
    std::vector<std::string> parts(tensors.size());
    forEachPart(tensors.size(), 1, [&](std::size_t i, std::size_t) {
        parts[i] = tensors[i].name + hashOf(tensors[i].bytes);
        forgetMappedPages(tensors[i].bytes.data(), tensors[i].bytes.size());
    });
    std::string all;
    for (const std::string& part : parts)
        all += part;
    return hashOfText(all);
}

/// What tells that the files are those that were hashed.
std::string identityText(const std::vector<SafetensorsFile>& files)
{
    std::string text = "model hash 1\n";
    for (const SafetensorsFile& file : files) {
        std::error_code error;
        const fs::path path = fs::absolute(file.path(), error);
        const FileIdentity& id = file.identity();
        text += fmt::format("{} {} {} {} {} {}\n", path.string(), id.device, id.inode, id.size, id.modified,
                            id.changed);
    }
    return text;
}

/// A file written just now may be written again within the same tick of the file system's clock, unnoticed.
bool isSettled(const std::vector<SafetensorsFile>& files)
{
    using namespace std::chrono;
    constexpr std::int64_t tick = 2'000'000'000;
    const std::int64_t now = duration_cast<nanoseconds>(system_clock::now().time_since_epoch()).count();
    return std::ranges::all_of(files, [&](const SafetensorsFile& file) {
        const FileIdentity& id = file.identity();
        return std::max(id.modified, id.changed) + tick < now;
    });
}

/// Whether the files were left alone while they were read.
bool areUnchanged(const std::vector<SafetensorsFile>& files)
{
    return std::ranges::all_of(files, [](const SafetensorsFile& file) {
        return MappedFile::open(file.path())->identity() == file.identity();
    });
}

/// Each model has a file of its own, found by its path.
fs::path placeOf(const std::vector<SafetensorsFile>& files, const fs::path& cache)
{
    std::error_code error;
    return cache / hashOfText(fs::absolute(files.front().path(), error).string());
}

std::string remembered(const fs::path& place, const std::string& identity)
{
    std::error_code error;
    if (!fs::exists(place, error))
        return {};
    const std::string text = readFile(place, 1u << 20);
    const bool isIt = text.size() == identity.size() + hashDigits && text.starts_with(identity) &&
                      text.find_first_not_of("0123456789abcdef", identity.size()) == text.npos;
    return isIt ? text.substr(identity.size()) : std::string();
}

} // namespace

fs::path modelHashFolder()
{
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return value && *value == '/' ? fs::path(value) : fs::path();
    };
    if (const fs::path own = variable("LORA_WORKBENCH_CACHE"); !own.empty())
        return own / "model-hashes";
    const fs::path cache = variable("XDG_CACHE_HOME");
    return (cache.empty() ? variable("HOME") / ".cache" : cache) / "lora-workbench" / "model-hashes";
}

std::string modelHash(const ModelFiles& model, const fs::path& cache)
{
    if (model.totalBytes() < smallestRemembered)
        return computedHash(model);
    const std::vector<SafetensorsFile>& files = model.files();
    const std::string identity = identityText(files);
    const fs::path place = placeOf(files, cache);
    try {
        if (std::string hash = remembered(place, identity); !hash.empty())
            return hash;
    } catch (const Error&) {
        // Read again below.
    }
    std::string hash = computedHash(model);
    try {
        if (isSettled(files) && areUnchanged(files)) {
            makeFolder(cache);
            writeFileAtomically(place, identity + hash);
        }
    } catch (const Error&) {
        // Next time it takes as long again.
    }
    return hash;
}

} // namespace lora
