#pragma once

#include <cstdint>

namespace lora {

/// C = alpha · op(A) op(B) + beta · C (+ bias in every row): op(A) [m, k], op(B) [k, n], C [m, n], row-major
/// with strides. B's numbers are those of the kernels used (float or bfloat16), everything else is float.
struct GemmProblem
{
    bool isTransposedA = false;
    bool isTransposedB = false;
    std::int64_t m = 0, n = 0, k = 0;
    float alpha = 1;
    const float* a = nullptr;
    std::int64_t strideA = 0;
    const void* b = nullptr;
    std::int64_t strideB = 0;
    float beta = 0;
    float* c = nullptr;
    std::int64_t strideC = 0;
    const float* bias = nullptr; ///< [n]; null: none
};

/// The innermost parts of a product for one instruction set. A is read as units of 32 bits, which hold one
/// float or a pair of bfloat16 that stand below each other in k.
struct GemmKernels
{
    /// Rows [1, maxRows] times one panel of one or two vectors of columns.
    struct TileArguments
    {
        const float* a;         ///< unit (i, u) at a[i · rowStride + u · unitStride]
        std::int64_t rowStride; ///< 1 where rows are neighbours
        std::int64_t unitStride;
        const float* panel; ///< [units, vectors · lanes], aligned
        std::int64_t units;
        float* c;
        std::int64_t strideC;
        float alpha, beta;
        const float* bias;      ///< null: none
        std::int64_t lastLanes; ///< columns of the last vector that exist
    };
    using Tile = void (*)(const TileArguments&);

    static constexpr int mostRows = 14;
    int lanes = 0;
    int maxRows = 0;
    int depthPerUnit = 1; ///< values of k in one unit
    bool needsPackedA = false;
    Tile tiles[2][2][mostRows + 1] = {}; ///< [vectors − 1][rows are neighbours][rows]
    /// op(B)'s part [firstK, +depth) × [firstN, +columns) as panels of two vectors (the last may be one),
    /// zero-padded.
    void (*packB)(const GemmProblem&, std::int64_t firstK, std::int64_t depth, std::int64_t firstN,
                  std::int64_t columns, float* out) = nullptr;
    /// op(A)'s part [firstM, +rows) × [firstK, +depth): as rows `stride` units apart, or where A is
    /// transposed as `maxRows` neighbours per unit.
    void (*packA)(const GemmProblem&, std::int64_t firstM, std::int64_t rows, std::int64_t firstK,
                  std::int64_t depth, float* out, std::int64_t stride) = nullptr;
};

/// The best the processor can do.
const GemmKernels& floatGemmKernels();
/// Products with B in bfloat16, A rounded to it and sums in float; null where the processor has no
/// instructions for it.
const GemmKernels* bfloat16GemmKernels();

/// One product on the calling thread, after Goto & van de Geijn, "Anatomy of High-Performance Matrix
/// Multiplication" (2008): panels of B in cache level 2, a few rows of A in level 1, sums in registers. A row
/// of C depends on nothing but its row of A and on B: the same bits whatever else the product holds.
void packedGemm(const GemmKernels& kernels, const GemmProblem& problem);

} // namespace lora
