#include "core/base/prefix_budget.h"

#include <charconv>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

namespace lora {

namespace fs = std::filesystem;

namespace {

std::int64_t physicalMemory()
{
    return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

fs::path cacheFolder()
{
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return fs::path(value ? value : "");
    };
    if (const fs::path own = variable("LORA_WORKBENCH_CACHE"); !own.empty())
        return own;
    if (const fs::path cache = variable("XDG_CACHE_HOME"); cache.is_absolute())
        return cache / "lora-workbench" / "prefix";
    const fs::path home = variable("HOME");
    return home.empty() ? home : home / ".cache" / "lora-workbench" / "prefix";
}

} // namespace

PrefixBudget memoryBudget()
{
    PrefixBudget budget;
    budget.memoryBytes = physicalMemory() / 4;
    return budget;
}

PrefixBudget userBudget()
{
    PrefixBudget budget = memoryBudget();
    budget.folder = cacheFolder();
    budget.keptBytes = usualKeptBytes;
    const char* text = std::getenv("LORA_WORKBENCH_CACHE_BUDGET");
    std::int64_t bytes = 0;
    if (text && std::from_chars(text, text + std::strlen(text), bytes).ec == std::errc() && bytes >= 0)
        budget.keptBytes = bytes;
    return budget;
}

} // namespace lora
