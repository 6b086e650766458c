#include "core/math/arena.h"

#include <algorithm>
#include <new>

#include <sys/mman.h>

namespace lora {

namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t smallestChunk = std::size_t{1} << 20;

std::size_t rounded(std::size_t bytes)
{
    return (bytes + alignment - 1) / alignment * alignment;
}

} // namespace

void Arena::Unmap::operator()(std::byte* pointer) const
{
    munmap(pointer, size);
}

void Arena::addChunk(std::size_t bytes)
{
    Chunk chunk;
    // Twice as much each time: what stays unused costs nothing.
    chunk.size = std::max({bytes, smallestChunk, capacity()});
    void* memory =
        mmap(nullptr, chunk.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc();
    madvise(memory, chunk.size, MADV_HUGEPAGE); // fewer page faults and address look-ups; advice only
    chunk.memory = {static_cast<std::byte*>(memory), Unmap{chunk.size}};
    m_chunks.push_back(std::move(chunk));
    ++m_heapAllocations;
}

void* Arena::take(std::size_t bytes)
{
    bytes = rounded(std::max<std::size_t>(bytes, 1));
    while (m_chunk < m_chunks.size() && m_used + bytes > m_chunks[m_chunk].size) {
        ++m_chunk;
        m_used = 0;
    }
    if (m_chunk == m_chunks.size())
        addChunk(bytes);
    void* block = m_chunks[m_chunk].memory.get() + m_used;
    m_used += bytes;
    m_total += bytes;
    m_peak = std::max(m_peak, m_total);
    return block;
}

void Arena::release(Mark mark)
{
    m_chunk = mark.chunk;
    m_used = mark.used;
    m_total = mark.total;
}

void Arena::reset()
{
    release({});
    if (m_chunks.size() > 1) {
        // Joined with some room to spare: the next batch may be a little larger.
        const std::size_t size = capacity();
        m_chunks.clear();
        addChunk(size);
    }
}

void Arena::giveBack()
{
    reset();
    for (const Chunk& chunk : m_chunks)
        madvise(chunk.memory.get(), chunk.size, MADV_DONTNEED);
}

std::size_t Arena::capacity() const
{
    std::size_t bytes = 0;
    for (const Chunk& chunk : m_chunks)
        bytes += chunk.size;
    return bytes;
}

} // namespace lora
