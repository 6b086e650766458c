#include "core/math/packed_gemm.h"

// The instruction sets of simd_kernels.cpp.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/math/float_gemm.cpp"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace lora::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr int lanes = HWY_LANES(float);
/// Sums of rows × 2 vectors, two vectors of B and one number of A fill 32 or 16 registers.
constexpr int maxRows = HWY_TARGET <= HWY_AVX3 ? 14 : 6;

/// The sums of one tile stay in registers while k goes by.
template <int Rows, int Vectors, bool AreNeighbours>
void GemmTile(const GemmKernels::TileArguments& arguments)
{
    const D d;
    V sums[Rows][Vectors];
    HWY_UNROLL(16)
    for (int i = 0; i < Rows; ++i)
        HWY_UNROLL(2)
    for (int v = 0; v < Vectors; ++v)
        sums[i][v] = hn::Zero(d);
    for (int i = 0; i < Rows; ++i) // the sums will be stored there; by then it is in the cache
        for (int v = 0; v < Vectors; ++v)
            hwy::Prefetch(arguments.c + i * arguments.strideC + v * lanes);
    const float* HWY_RESTRICT panel = arguments.panel;
    // Four pointers, each for rows 0 to 3 from it: what the processor's addressing can reach without
    // arithmetic.
    const std::int64_t row = arguments.rowStride;
    const std::int64_t row2 = 2 * row;
    const std::int64_t row3 = 3 * row;
    const float* HWY_RESTRICT four[4] = {arguments.a, arguments.a + 4 * row, arguments.a + 8 * row,
                                         arguments.a + 12 * row};
    for (std::int64_t unit = 0; unit < arguments.units; ++unit) {
        V columns[Vectors];
        HWY_UNROLL(2)
        for (int v = 0; v < Vectors; ++v)
            columns[v] = hn::Load(d, panel + v * lanes);
        panel += Vectors * lanes;
        HWY_UNROLL(16)
        for (int i = 0; i < Rows; ++i) {
            const float* place;
            if constexpr (AreNeighbours)
                place = four[0] + i;
            else
                place = four[i / 4] + (i % 4 == 0 ? 0 : i % 4 == 1 ? row : i % 4 == 2 ? row2 : row3);
            const V x = hn::Set(d, *place);
            HWY_UNROLL(2)
            for (int v = 0; v < Vectors; ++v)
                sums[i][v] = hn::MulAdd(x, columns[v], sums[i][v]);
        }
        HWY_UNROLL(4)
        for (int p = 0; p < (AreNeighbours ? 1 : (Rows + 3) / 4); ++p)
            four[p] += arguments.unitStride;
    }
    const V alpha = hn::Set(d, arguments.alpha);
    const V beta = hn::Set(d, arguments.beta);
    const auto lastMask = hn::FirstN(d, static_cast<std::size_t>(arguments.lastLanes));
    HWY_UNROLL(16)
    for (int i = 0; i < Rows; ++i) {
        float* c = arguments.c + i * arguments.strideC;
        HWY_UNROLL(2)
        for (int v = 0; v < Vectors; ++v) {
            float* place = c + v * lanes;
            V result = hn::Mul(alpha, sums[i][v]);
            if (v == Vectors - 1 && arguments.lastLanes < lanes) {
                if (arguments.bias)
                    result = hn::Add(result, hn::MaskedLoad(lastMask, d, arguments.bias + v * lanes));
                if (arguments.beta != 0)
                    result = hn::MulAdd(beta, hn::MaskedLoad(lastMask, d, place), result);
                hn::BlendedStore(result, lastMask, d, place);
                continue;
            }
            if (arguments.bias)
                result = hn::Add(result, hn::LoadU(d, arguments.bias + v * lanes));
            if (arguments.beta != 0)
                result = hn::MulAdd(beta, hn::LoadU(d, place), result);
            hn::StoreU(result, d, place);
        }
    }
}

/// Up to `lanes` numbers, the missing ones 0.
HWY_INLINE V loadSome(const float* from, std::int64_t count)
{
    const D d;
    if (count >= lanes)
        return hn::LoadU(d, from);
    if (count <= 0)
        return hn::Zero(d);
    return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
}

/// Panels of B whose rows lie as they are needed: row by row through all panels, so that memory is read in
/// order.
void packRows(const float* b, std::int64_t stride, std::int64_t depth, std::int64_t columns, float* out)
{
    const D d;
    constexpr std::int64_t panelWidth = 2 * lanes;
    const std::int64_t whole = columns / panelWidth;
    const std::int64_t rest = columns - whole * panelWidth;
    const std::int64_t restVectors = (rest + lanes - 1) / lanes;
    for (std::int64_t k = 0; k < depth; ++k) {
        const float* from = b + k * stride;
        float* to = out + k * panelWidth;
        for (std::int64_t panel = 0; panel < whole; ++panel) {
            hn::Store(hn::LoadU(d, from), d, to);
            hn::Store(hn::LoadU(d, from + lanes), d, to + lanes);
            from += panelWidth;
            to += depth * panelWidth;
        }
        to = out + whole * depth * panelWidth + k * restVectors * lanes;
        for (std::int64_t v = 0; v < restVectors; ++v)
            hn::Store(loadSome(from + v * lanes, rest - v * lanes), d, to + v * lanes);
    }
}

/// A panel of B whose columns lie in rows: transposed 4 by 4.
void packColumns(const float* b, std::int64_t stride, std::int64_t depth, std::int64_t width, int vectors,
                 float* out)
{
    const std::int64_t panelWidth = vectors * lanes;
    std::int64_t column = 0;
#if HWY_TARGET != HWY_SCALAR
    const hn::FixedTag<float, 4> d;
    for (; column + 4 <= width; column += 4) {
        const float* s0 = b + column * stride;
        const float* s1 = s0 + stride;
        const float* s2 = s1 + stride;
        const float* s3 = s2 + stride;
        float* to = out + column;
        std::int64_t k = 0;
        for (; k + 4 <= depth; k += 4) {
            const auto r0 = hn::LoadU(d, s0 + k);
            const auto r1 = hn::LoadU(d, s1 + k);
            const auto r2 = hn::LoadU(d, s2 + k);
            const auto r3 = hn::LoadU(d, s3 + k);
            const auto low02 = hn::InterleaveLower(d, r0, r2);
            const auto low13 = hn::InterleaveLower(d, r1, r3);
            const auto high02 = hn::InterleaveUpper(d, r0, r2);
            const auto high13 = hn::InterleaveUpper(d, r1, r3);
            hn::Store(hn::InterleaveLower(d, low02, low13), d, to);
            hn::Store(hn::InterleaveUpper(d, low02, low13), d, to + panelWidth);
            hn::Store(hn::InterleaveLower(d, high02, high13), d, to + 2 * panelWidth);
            hn::Store(hn::InterleaveUpper(d, high02, high13), d, to + 3 * panelWidth);
            to += 4 * panelWidth;
        }
        for (; k < depth; ++k) {
            to[0] = s0[k];
            to[1] = s1[k];
            to[2] = s2[k];
            to[3] = s3[k];
            to += panelWidth;
        }
    }
#endif
    for (; column < panelWidth; ++column)
        for (std::int64_t k = 0; k < depth; ++k)
            out[k * panelWidth + column] = column < width ? b[column * stride + k] : 0.0f;
}

void GemmPackB(const GemmProblem& problem, std::int64_t firstK, std::int64_t depth, std::int64_t firstN,
               std::int64_t columns, float* out)
{
    const auto* b = static_cast<const float*>(problem.b);
    if (!problem.isTransposedB)
        return packRows(b + firstK * problem.strideB + firstN, problem.strideB, depth, columns, out);
    for (std::int64_t column = 0; column < columns; column += 2 * lanes) {
        const std::int64_t width = std::min<std::int64_t>(2 * lanes, columns - column);
        const int vectors = width > lanes ? 2 : 1;
        packColumns(b + (firstN + column) * problem.strideB + firstK, problem.strideB, depth, width, vectors,
                    out);
        out += depth * vectors * lanes;
    }
}

void GemmPackA(const GemmProblem& problem, std::int64_t firstM, std::int64_t rows, std::int64_t firstK,
               std::int64_t depth, float* out, std::int64_t stride)
{
    const D d;
    if (problem.isTransposedA) {
        const float* a = problem.a + firstK * problem.strideA + firstM;
        for (std::int64_t k = 0; k < depth; ++k)
            for (std::int64_t i = 0; i < rows; i += lanes) {
                const auto mask =
                    hn::FirstN(d, static_cast<std::size_t>(std::min<std::int64_t>(lanes, rows - i)));
                hn::BlendedStore(hn::MaskedLoad(mask, d, a + k * problem.strideA + i), mask, d,
                                 out + k * maxRows + i);
            }
        return;
    }
    for (std::int64_t i = 0; i < rows; ++i) {
        const float* a = problem.a + (firstM + i) * problem.strideA + firstK;
        for (std::int64_t k = 0; k < depth; k += lanes)
            hn::StoreU(loadSome(a + k, depth - k), d, out + i * stride + k);
    }
}

template <int Vectors, bool AreNeighbours, int... Rows>
void listTiles(GemmKernels& kernels, std::integer_sequence<int, Rows...>)
{
    ((kernels.tiles[Vectors - 1][AreNeighbours][Rows + 1] = &GemmTile<Rows + 1, Vectors, AreNeighbours>),
     ...);
}

GemmKernels MakeGemmKernels()
{
    GemmKernels kernels;
    kernels.lanes = lanes;
    kernels.maxRows = maxRows;
    constexpr std::make_integer_sequence<int, maxRows> rows;
    listTiles<1, false>(kernels, rows);
    listTiles<1, true>(kernels, rows);
    listTiles<2, false>(kernels, rows);
    listTiles<2, true>(kernels, rows);
    kernels.packB = &GemmPackB;
    kernels.packA = &GemmPackA;
    return kernels;
}

} // namespace lora::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lora {

namespace simd {

HWY_EXPORT(MakeGemmKernels);

GemmKernels bestGemmKernels()
{
    return HWY_DYNAMIC_DISPATCH(MakeGemmKernels)();
}

} // namespace simd

const GemmKernels& floatGemmKernels()
{
    static const GemmKernels kernels = simd::bestGemmKernels();
    return kernels;
}

} // namespace lora
#endif
