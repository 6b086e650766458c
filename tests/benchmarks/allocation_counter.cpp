#include "tests/benchmarks/allocation_counter.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::int64_t> g_allocations{0};

void* checked(void* memory)
{
    if (memory == nullptr)
        throw std::bad_alloc();
    g_allocations.fetch_add(1, std::memory_order_relaxed);
    return memory;
}

} // namespace

// The array and non-throwing forms of the standard library end in these.
void* operator new(std::size_t size)
{
    return checked(std::malloc(size > 0 ? size : 1));
}

void* operator new(std::size_t size, std::align_val_t alignment)
{
    const auto step = static_cast<std::size_t>(alignment);
    return checked(std::aligned_alloc(step, (size + step - 1) / step * step));
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept
{
    std::free(memory);
}

namespace lora::bench {

std::int64_t heapAllocations()
{
    return g_allocations.load(std::memory_order_relaxed);
}

} // namespace lora::bench
