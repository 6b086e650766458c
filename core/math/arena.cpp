#include "core/math/arena.h"

#include <algorithm>
#include <new>

namespace lora {

namespace {

constexpr std::size_t alignment = 64;
constexpr std::size_t smallestChunk = std::size_t{1} << 20;

std::size_t rounded(std::size_t bytes)
{
    return (bytes + alignment - 1) / alignment * alignment;
}

} // namespace

void Arena::Free::operator()(std::byte* pointer) const
{
    ::operator delete[](pointer, std::align_val_t(alignment));
}

void Arena::addChunk(std::size_t bytes)
{
    Chunk chunk;
    chunk.size = std::max(bytes, smallestChunk);
    chunk.memory.reset(static_cast<std::byte*>(::operator new[](chunk.size, std::align_val_t(alignment))));
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

std::size_t Arena::capacity() const
{
    std::size_t bytes = 0;
    for (const Chunk& chunk : m_chunks)
        bytes += chunk.size;
    return bytes;
}

} // namespace lora
