#include "core/math/packed_gemm.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>
#include <utility>

// Highway 1.0 has no dot product of bfloat16 pairs, so this one kernel speaks to the processor directly.
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,fma")

namespace lora {

namespace {

constexpr int lanes = 16;
constexpr int maxRows = 14;

template <int Rows, int Vectors>
void bfloat16Tile(const GemmKernels::TileArguments& arguments)
{
    __m512 sums[Rows][Vectors];
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i)
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v)
            sums[i][v] = _mm512_setzero_ps();
    for (int i = 0; i < Rows; ++i) // the sums will be stored there; by then it is in the cache
        for (int v = 0; v < Vectors; ++v)
            _mm_prefetch(arguments.c + i * arguments.strideC + v * lanes, _MM_HINT_T0);
    const float* __restrict panel = arguments.panel;
    const std::int64_t row = arguments.rowStride;
    const std::int64_t row2 = 2 * row;
    const std::int64_t row3 = 3 * row;
    const float* __restrict four[4] = {arguments.a, arguments.a + 4 * row, arguments.a + 8 * row,
                                       arguments.a + 12 * row};
    for (std::int64_t unit = 0; unit < arguments.units; ++unit) {
        __m512bh columns[Vectors];
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v)
            columns[v] = (__m512bh)_mm512_load_ps(panel + v * lanes);
        panel += Vectors * lanes;
#pragma GCC unroll 16
        for (int i = 0; i < Rows; ++i) {
            const float* place = four[i / 4] + (i % 4 == 0 ? 0 : i % 4 == 1 ? row : i % 4 == 2 ? row2 : row3);
            const auto pair = (__m512bh)_mm512_set1_ps(*place);
#pragma GCC unroll 2
            for (int v = 0; v < Vectors; ++v)
                sums[i][v] = _mm512_dpbf16_ps(sums[i][v], pair, columns[v]);
        }
#pragma GCC unroll 4
        for (int p = 0; p < (Rows + 3) / 4; ++p)
            ++four[p];
    }
    const __m512 alpha = _mm512_set1_ps(arguments.alpha);
    const __m512 beta = _mm512_set1_ps(arguments.beta);
    const auto lastMask = static_cast<__mmask16>((1u << arguments.lastLanes) - 1u);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
        float* c = arguments.c + i * arguments.strideC;
#pragma GCC unroll 2
        for (int v = 0; v < Vectors; ++v) {
            const __mmask16 mask = v == Vectors - 1 ? lastMask : static_cast<__mmask16>(0xFFFF);
            __m512 result = _mm512_mul_ps(alpha, sums[i][v]);
            if (arguments.bias)
                result = _mm512_add_ps(result, _mm512_maskz_loadu_ps(mask, arguments.bias + v * lanes));
            if (arguments.beta != 0)
                result = _mm512_fmadd_ps(beta, _mm512_maskz_loadu_ps(mask, c + v * lanes), result);
            _mm512_mask_storeu_ps(c + v * lanes, mask, result);
        }
    }
}

__mmask16 firstUnits(std::int64_t count)
{
    return count >= 16 ? static_cast<__mmask16>(0xFFFF)
                       : static_cast<__mmask16>((1u << std::max<std::int64_t>(0, count)) - 1u);
}

/// Words of two rows, alternating: the low half of 32 words, and the high half.
__m512i zipIndex(bool isHigh)
{
    alignas(64) std::uint16_t index[32];
    for (int i = 0; i < 16; ++i) {
        index[2 * i] = static_cast<std::uint16_t>(i + (isHigh ? 16 : 0));
        index[2 * i + 1] = static_cast<std::uint16_t>(index[2 * i] + 32);
    }
    return _mm512_load_si512(index);
}

__mmask32 firstWords(std::int64_t count)
{
    return count >= 32 ? 0xFFFFFFFFu : (1u << std::max<std::int64_t>(0, count)) - 1u;
}

/// A panel of B whose rows lie as they are needed: two of them zipped into pairs.
void packRows(const std::uint16_t* b, std::int64_t stride, std::int64_t depth, std::int64_t width,
              int vectors, float* out)
{
    const __m512i low = zipIndex(false);
    const __m512i high = zipIndex(true);
    const __mmask32 mask = firstWords(width);
    for (std::int64_t k = 0; k < depth; k += 2) {
        const __m512i first = _mm512_maskz_loadu_epi16(mask, b + k * stride);
        const __m512i second =
            k + 1 < depth ? _mm512_maskz_loadu_epi16(mask, b + (k + 1) * stride) : _mm512_setzero_si512();
        _mm512_store_si512(out, _mm512_permutex2var_epi16(first, low, second));
        if (vectors == 2)
            _mm512_store_si512(out + lanes, _mm512_permutex2var_epi16(first, high, second));
        out += vectors * lanes;
    }
}

/// A panel of B whose columns lie in rows: pairs are neighbours already, transposed 4 by 4.
void packColumns(const std::uint16_t* b, std::int64_t stride, std::int64_t depth, std::int64_t width,
                 int vectors, float* out)
{
    const std::int64_t panelWidth = vectors * lanes;
    const std::int64_t units = (depth + 1) / 2;
    auto* pairs = reinterpret_cast<std::uint32_t*>(out);
    std::int64_t column = 0;
    for (; column + 4 <= width; column += 4) {
        const std::uint16_t* s0 = b + column * stride;
        const std::uint16_t* s1 = s0 + stride;
        const std::uint16_t* s2 = s1 + stride;
        const std::uint16_t* s3 = s2 + stride;
        std::uint32_t* to = pairs + column;
        std::int64_t k = 0;
        const auto load = [&](const std::uint16_t* from) {
            return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + k));
        };
        const auto store = [&](__m128i value, std::int64_t unit) {
            _mm_store_si128(reinterpret_cast<__m128i*>(to + unit * panelWidth), value);
        };
        for (; k + 8 <= depth; k += 8) {
            const __m128i r0 = load(s0), r1 = load(s1), r2 = load(s2), r3 = load(s3);
            const __m128i low02 = _mm_unpacklo_epi32(r0, r2), low13 = _mm_unpacklo_epi32(r1, r3);
            const __m128i high02 = _mm_unpackhi_epi32(r0, r2), high13 = _mm_unpackhi_epi32(r1, r3);
            store(_mm_unpacklo_epi32(low02, low13), 0);
            store(_mm_unpackhi_epi32(low02, low13), 1);
            store(_mm_unpacklo_epi32(high02, high13), 2);
            store(_mm_unpackhi_epi32(high02, high13), 3);
            to += 4 * panelWidth;
        }
        const auto pair = [&](const std::uint16_t* from) {
            return static_cast<std::uint32_t>(from[k]) |
                   (k + 1 < depth ? static_cast<std::uint32_t>(from[k + 1]) << 16 : 0u);
        };
        for (; k < depth; k += 2) {
            to[0] = pair(s0);
            to[1] = pair(s1);
            to[2] = pair(s2);
            to[3] = pair(s3);
            to += panelWidth;
        }
    }
    for (; column < panelWidth; ++column)
        for (std::int64_t unit = 0; unit < units; ++unit) {
            const std::uint16_t* from = b + column * stride + 2 * unit;
            pairs[unit * panelWidth + column] =
                column >= width ? 0u
                                : static_cast<std::uint32_t>(from[0]) |
                                      (2 * unit + 1 < depth ? static_cast<std::uint32_t>(from[1]) << 16 : 0u);
        }
}

void packB(const GemmProblem& problem, std::int64_t firstK, std::int64_t depth, std::int64_t firstN,
           std::int64_t columns, float* out)
{
    const auto* b = static_cast<const std::uint16_t*>(problem.b);
    const std::int64_t units = (depth + 1) / 2;
    for (std::int64_t column = 0; column < columns; column += 2 * lanes) {
        const std::int64_t width = std::min<std::int64_t>(2 * lanes, columns - column);
        const int vectors = width > lanes ? 2 : 1;
        if (problem.isTransposedB)
            packColumns(b + (firstN + column) * problem.strideB + firstK, problem.strideB, depth, width,
                        vectors, out);
        else
            packRows(b + firstK * problem.strideB + firstN + column, problem.strideB, depth, width, vectors,
                     out);
        out += units * vectors * lanes;
    }
}

/// Rows of A rounded to bfloat16.
void packA(const GemmProblem& problem, std::int64_t firstM, std::int64_t rows, std::int64_t firstK,
           std::int64_t depth, float* out, std::int64_t stride)
{
    auto* halves = reinterpret_cast<std::uint16_t*>(out);
    for (std::int64_t i = 0; i < rows; ++i) {
        std::uint16_t* to = halves + 2 * i * stride;
        for (std::int64_t k = 0; k < depth; k += lanes) {
            __m512 values;
            if (problem.isTransposedA) {
                alignas(64) float gathered[lanes] = {};
                const float* from = problem.a + (firstK + k) * problem.strideA + firstM + i;
                for (std::int64_t t = 0; t < std::min<std::int64_t>(lanes, depth - k); ++t)
                    gathered[t] = from[t * problem.strideA];
                values = _mm512_load_ps(gathered);
            } else {
                const float* from = problem.a + (firstM + i) * problem.strideA + firstK + k;
                values = _mm512_maskz_loadu_ps(firstUnits(depth - k), from);
            }
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + k),
                                reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(values)));
        }
    }
}

template <int Vectors, int... Rows>
void listTiles(GemmKernels& kernels, std::integer_sequence<int, Rows...>)
{
    ((kernels.tiles[Vectors - 1][0][Rows + 1] = &bfloat16Tile<Rows + 1, Vectors>), ...);
}

GemmKernels makeKernels()
{
    GemmKernels kernels;
    kernels.lanes = lanes;
    kernels.maxRows = maxRows;
    kernels.depthPerUnit = 2;
    kernels.needsPackedA = true;
    constexpr std::make_integer_sequence<int, maxRows> rows;
    listTiles<1>(kernels, rows);
    listTiles<2>(kernels, rows);
    kernels.packB = &packB;
    kernels.packA = &packA;
    return kernels;
}

} // namespace

} // namespace lora

#pragma GCC pop_options

namespace lora {

const GemmKernels* bfloat16GemmKernels()
{
    static const GemmKernels kernels = makeKernels();
    static const bool isSupported = __builtin_cpu_supports("avx512bf16") &&
                                    __builtin_cpu_supports("avx512vl") &&
                                    __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    return isSupported ? &kernels : nullptr;
}

} // namespace lora

#else

namespace lora {

const GemmKernels* bfloat16GemmKernels()
{
    return nullptr;
}

} // namespace lora

#endif
