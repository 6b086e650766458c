#include "core/base/process_memory.h"

#include <fstream>
#include <string>

#include <malloc.h>
#include <unistd.h>

namespace lora {

namespace {

/// A "Key:  123 kB" line of /proc/self/status, in bytes.
std::int64_t statusValue(const std::string& key)
{
    std::ifstream status("/proc/self/status");
    std::string word;
    while (status >> word)
        if (word == key) {
            std::int64_t kibibytes = 0;
            status >> kibibytes;
            return kibibytes * 1024;
        }
    return 0;
}

} // namespace

std::int64_t residentBytes()
{
    return statusValue("VmRSS:");
}

std::int64_t peakResidentBytes()
{
    return statusValue("VmHWM:");
}

std::int64_t physicalBytes()
{
    return static_cast<std::int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
}

void resetPeakResidentBytes()
{
    // What an earlier run freed but the allocator kept is no cost of the next one.
    malloc_trim(0);
    std::ofstream("/proc/self/clear_refs") << 5; // see proc(5): resets the high-water mark
}

} // namespace lora
