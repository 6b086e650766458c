#include "core/base/process_memory.h"

#include <fstream>
#include <string>

#include <malloc.h>
#include <sys/mman.h>
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

void trimHeap()
{
    malloc_trim(0);
}

void forgetMappedPages(const void* begin, std::size_t bytes)
{
    const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto address = reinterpret_cast<std::uintptr_t>(begin);
    const std::uintptr_t first = (address + page - 1) / page * page;
    const std::uintptr_t end = (address + bytes) / page * page;
    if (end > first)
        madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED); // advice only
}

void resetPeakResidentBytes()
{
    trimHeap(); // what an earlier run freed but the allocator kept is no cost of the next one
    std::ofstream("/proc/self/clear_refs") << 5; // see proc(5): resets the high-water mark
}

} // namespace lora
