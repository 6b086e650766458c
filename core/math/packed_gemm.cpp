#include "core/math/packed_gemm.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace lora {

namespace {

// Sizes for the smallest caches of today's cores: 256 units · 512 columns · 4 bytes is half of 1 MiB.
constexpr std::int64_t unitBlock = 256;
constexpr std::int64_t columnBlock = 512;
/// Rows of A lie this much further apart than they are long, so that they do not compete for the same cache
/// sets.
constexpr std::int64_t rowGap = 16;
/// With fewer columns A is read where it lies.
constexpr std::int64_t columnsWorthPacking = 64;

constexpr std::int64_t competing = 512; // floats: 32 of 64 sets
/// Up to this k all of A is converted once, not anew for every block of columns.
constexpr std::int64_t deepestConverted = 8192;

struct Buffers
{
    struct Free
    {
        void operator()(float* pointer) const { std::free(pointer); }
    };
    static std::unique_ptr<float[], Free> make(std::int64_t count)
    {
        void* memory = std::aligned_alloc(64, static_cast<std::size_t>(count) * sizeof(float));
        if (!memory)
            throw std::bad_alloc();
        return std::unique_ptr<float[], Free>(static_cast<float*>(memory));
    }

    std::unique_ptr<float[], Free> b = make(unitBlock * (columnBlock + 32));
    std::vector<float> whole; ///< op(A) converted; as large as the largest was
    std::unique_ptr<float[], Free> a = make(GemmKernels::mostRows * (unitBlock + rowGap) + rowGap * 2);
};

Buffers& buffers()
{
    thread_local Buffers threadBuffers;
    return threadBuffers;
}

std::int64_t roundUp(std::int64_t value, std::int64_t multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

/// k in equal blocks of at most `unitBlock` units.
std::int64_t depthOfBlocks(const GemmKernels& kernels, std::int64_t k)
{
    const std::int64_t most = unitBlock * kernels.depthPerUnit;
    if (k <= 0)
        return most;
    const std::int64_t blocks = (k + most - 1) / most;
    return std::min(most, roundUp((k + blocks - 1) / blocks, 16 * kernels.depthPerUnit));
}

/// One block of op(B) against all rows of op(A).
struct BlockPass
{
    const GemmKernels& kernels;
    const GemmProblem& problem;
    std::int64_t firstK, depth, firstN, columns;
    float beta;
    const float* bias;
    const float* wholeA = nullptr; ///< all of op(A) as rows of units, where it was converted beforehand
    std::int64_t wholeStride = 0;

    void run(const float* panels, float* bufferA) const
    {
        const std::int64_t tiles = (problem.m + kernels.maxRows - 1) / kernels.maxRows;
        const std::int64_t rows = problem.m / tiles;
        const std::int64_t larger = problem.m % tiles; // tiles with one row more
        std::int64_t first = 0;
        for (std::int64_t t = 0; t < tiles; ++t) {
            const std::int64_t count = rows + (t < larger);
            const std::int64_t next = t + 1 < tiles ? rows + (t + 1 < larger) : 0;
            tileRow(first, count, next, panels, bufferA);
            first += count;
        }
    }

    /// All columns of a few rows; meanwhile the rows after them are fetched, `next` of them.
    void tileRow(std::int64_t first, std::int64_t rows, std::int64_t next, const float* panels,
                 float* bufferA) const
    {
        GemmKernels::TileArguments tile;
        tile.units = (depth + kernels.depthPerUnit - 1) / kernels.depthPerUnit;
        tile.alpha = problem.alpha;
        tile.beta = beta;
        tile.strideC = problem.strideC;
        const bool areNeighbours = placeA(first, rows, bufferA, tile);
        const std::int64_t lanes = kernels.lanes;
        const Prefetch prefetch(*this, first + rows, next, (columns + 2 * lanes - 1) / (2 * lanes));
        for (std::int64_t column = 0; column < columns; column += 2 * lanes) {
            const std::int64_t width = std::min(2 * lanes, columns - column);
            const int vectors = width > lanes ? 2 : 1;
            tile.panel = panels;
            tile.c = problem.c + first * problem.strideC + firstN + column;
            tile.bias = bias ? bias + firstN + column : nullptr;
            tile.lastLanes = width - (vectors - 1) * lanes;
            prefetch.share(column / (2 * lanes));
            kernels.tiles[vectors - 1][areNeighbours][rows](tile);
            panels += tile.units * vectors * lanes;
        }
    }

    /// Fetches rows of op(A) into the cache, an equal share of them with every panel.
    class Prefetch
    {
    public:
        Prefetch(const BlockPass& pass, std::int64_t first, std::int64_t rows, std::int64_t panels)
        {
            if (rows == 0)
                return;
            const GemmProblem& problem = pass.problem;
            if (pass.wholeA) {
                m_stride = pass.wholeStride;
                m_from = pass.wholeA + first * m_stride + pass.firstK / pass.kernels.depthPerUnit;
                m_count = rows;
                m_width = pass.depth / pass.kernels.depthPerUnit;
                m_share = (m_count + panels - 1) / panels;
                return;
            }
            m_stride = problem.strideA;
            const bool isTransposed = problem.isTransposedA;
            m_from =
                problem.a + (isTransposed ? pass.firstK * m_stride + first : first * m_stride + pass.firstK);
            m_count = isTransposed ? pass.depth : rows;
            m_width = isTransposed ? rows : pass.depth;
            m_share = (m_count + panels - 1) / panels;
        }
        void share(std::int64_t panel) const
        {
            constexpr std::int64_t line = 16; // floats
            const std::int64_t end = std::min(m_count, (panel + 1) * m_share);
            for (std::int64_t i = panel * m_share; i < end; ++i)
                for (std::int64_t j = 0; j < m_width; j += line)
                    __builtin_prefetch(m_from + i * m_stride + j);
        }

    private:
        const float* m_from = nullptr;
        std::int64_t m_stride = 0, m_count = 0, m_width = 0, m_share = 0;
    };

    /// Rows of A are copied where they lie a multiple of half the cache's sets apart and would compete for
    /// the same few.
    bool isPackingWorthIt() const
    {
        if (kernels.needsPackedA)
            return true;
        return columns > columnsWorthPacking && (problem.isTransposedA || problem.strideA % competing == 0);
    }

    /// Where the tile finds its rows of A; whether they are neighbours.
    bool placeA(std::int64_t first, std::int64_t rows, float* bufferA, GemmKernels::TileArguments& tile) const
    {
        if (wholeA) {
            tile.a = wholeA + first * wholeStride + firstK / kernels.depthPerUnit;
            tile.rowStride = wholeStride;
            tile.unitStride = 1;
            return false;
        }
        if (isPackingWorthIt()) {
            const std::int64_t stride = roundUp(tile.units, 16) + rowGap;
            kernels.packA(problem, first, rows, firstK, depth, bufferA, stride);
            const bool areNeighbours = problem.isTransposedA && !kernels.needsPackedA;
            tile.a = bufferA;
            tile.rowStride = areNeighbours ? 1 : stride;
            tile.unitStride = areNeighbours ? kernels.maxRows : 1;
            return areNeighbours;
        }
        if (problem.isTransposedA) {
            tile.a = problem.a + firstK * problem.strideA + first;
            tile.rowStride = 1;
            tile.unitStride = problem.strideA;
            return true;
        }
        tile.a = problem.a + first * problem.strideA + firstK;
        tile.rowStride = problem.strideA;
        tile.unitStride = 1;
        return false;
    }
};

} // namespace

void packedGemm(const GemmKernels& kernels, const GemmProblem& problem)
{
    Buffers& own = buffers();
    const float* wholeA = nullptr;
    const std::int64_t wholeStride = roundUp(problem.k, 32) / 2 + rowGap;
    if (kernels.needsPackedA && problem.k <= deepestConverted) {
        own.whole.resize(static_cast<std::size_t>(problem.m * wholeStride));
        kernels.packA(problem, 0, problem.m, 0, problem.k, own.whole.data(), wholeStride);
        wholeA = own.whole.data();
    }
    const std::int64_t depth = depthOfBlocks(kernels, problem.k);
    for (std::int64_t firstN = 0; firstN < problem.n; firstN += columnBlock) {
        const std::int64_t columns = std::min(columnBlock, problem.n - firstN);
        std::int64_t firstK = 0;
        do { // also once where k is 0: C = beta · C + bias
            const std::int64_t part = std::min(depth, problem.k - firstK);
            kernels.packB(problem, firstK, part, firstN, columns, own.b.get());
            const BlockPass pass{kernels,
                                 problem,
                                 firstK,
                                 part,
                                 firstN,
                                 columns,
                                 firstK == 0 ? problem.beta : 1.0f,
                                 firstK == 0 ? problem.bias : nullptr,
                                 wholeA,
                                 wholeStride};
            pass.run(own.b.get(), own.a.get());
            firstK += depth;
        } while (firstK < problem.k);
    }
}

} // namespace lora
