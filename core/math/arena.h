#pragma once

#include "core/math/matrix.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace lora {

/// Memory of one worker's training step: blocks are taken one after the other and given back all at once, so
/// a step allocates nothing from the heap once the arena has seen its largest batch. Blocks are aligned to 64
/// bytes and not initialised. A mark frees everything taken after it (scratch of a layer). Pages come
/// straight from the system: room nobody used takes no memory.
class Arena
{
public:
    struct Mark
    {
        std::size_t chunk = 0;
        std::size_t used = 0;
        std::size_t total = 0;
    };

    template <class T>
    Matrix<T> matrix(std::int64_t rows, std::int64_t cols)
    {
        return {static_cast<T*>(take(static_cast<std::size_t>(rows * cols) * sizeof(T))), rows, cols};
    }
    template <class T>
    T* array(std::int64_t count)
    {
        return static_cast<T*>(take(static_cast<std::size_t>(count) * sizeof(T)));
    }

    Mark mark() const { return {m_chunk, m_used, m_total}; }
    void release(Mark mark);
    /// Gives everything back; several chunks are joined into one as large as the peak.
    void reset();
    /// As reset, and the pages go back to the system until they are used again.
    void giveBack();

    /// Most bytes in use at once since construction or `forgetPeak`.
    std::size_t peakBytes() const { return m_peak; }
    void forgetPeak() { m_peak = 0; }
    /// Bytes of address space held.
    std::size_t capacity() const;
    /// How often the system was asked for memory; a steady step adds none.
    std::size_t heapAllocations() const { return m_heapAllocations; }

private:
    struct Unmap
    {
        std::size_t size;
        void operator()(std::byte* pointer) const;
    };
    struct Chunk
    {
        std::unique_ptr<std::byte[], Unmap> memory;
        std::size_t size = 0;
    };

    void* take(std::size_t bytes);
    void addChunk(std::size_t bytes);

    std::vector<Chunk> m_chunks;
    std::size_t m_chunk = 0; ///< chunk blocks are taken from
    std::size_t m_used = 0;  ///< bytes taken from it
    std::size_t m_total = 0; ///< bytes taken from all chunks
    std::size_t m_peak = 0;
    std::size_t m_heapAllocations = 0;
};

/// Frees what was taken since its construction.
class ArenaScope
{
public:
    explicit ArenaScope(Arena& arena)
        : m_arena(arena)
        , m_mark(arena.mark())
    {}
    ~ArenaScope() { m_arena.release(m_mark); }
    ArenaScope(const ArenaScope&) = delete;
    ArenaScope& operator=(const ArenaScope&) = delete;

private:
    Arena& m_arena;
    Arena::Mark m_mark;
};

} // namespace lora
