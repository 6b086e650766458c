#include "core/math/simd_kernels.h"

#include "core/math/elementwise.h"

// Three targets cover the field: any x86-64, AVX2 with FMA, AVX-512. The others would only add compile time.
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/math/simd_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <hwy/contrib/math/math-inl.h>

HWY_BEFORE_NAMESPACE();
namespace lora::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using DU = hn::RebindToUnsigned<D>;
using V = hn::Vec<D>;

constexpr std::size_t maxLanes = 64;

/// Runs `op` over a last, incomplete vector through zero-padded buffers; op(inputs…) gives one vector.
template <class Op>
void tail1(const float* x, float* y, std::size_t n, const Op& op)
{
    const D d;
    HWY_ALIGN float in[maxLanes] = {};
    HWY_ALIGN float out[maxLanes];
    std::copy_n(x, n, in);
    hn::Store(op(hn::Load(d, in)), d, out);
    std::copy_n(out, n, y);
}

template <class Op>
void map1(const float* x, float* y, std::size_t n, const Op& op)
{
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        hn::StoreU(op(hn::LoadU(d, x + i)), d, y + i);
    if (i < n)
        tail1(x + i, y + i, n - i, op);
}

template <class Op>
void map2(const float* a, const float* b, float* y, std::size_t n, const Op& op)
{
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        hn::StoreU(op(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
    if (i == n)
        return;
    HWY_ALIGN float inA[maxLanes] = {};
    HWY_ALIGN float inB[maxLanes] = {};
    HWY_ALIGN float out[maxLanes];
    std::copy_n(a + i, n - i, inA);
    std::copy_n(b + i, n - i, inB);
    hn::Store(op(hn::Load(d, inA), hn::Load(d, inB)), d, out);
    std::copy_n(out, n - i, y + i);
}

/// Σ op(x_i): whole vectors in lanes, the rest one by one.
template <class Op, class ScalarOp>
float reduceSum(std::size_t n, const Op& op, const ScalarOp& scalarOp)
{
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    V sum = hn::Zero(d);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        sum = hn::Add(sum, op(i));
    float total = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; i < n; ++i)
        total += scalarOp(i);
    return total;
}

void AddScaled(float a, const float* x, float* y, std::size_t n)
{
    const V factor = hn::Set(D(), a);
    map2(x, y, y, n, [&](V vx, V vy) { return hn::MulAdd(factor, vx, vy); });
}

void AddBias(float* y, std::size_t rows, std::size_t cols, std::size_t stride, const float* bias)
{
    for (std::size_t r = 0; r < rows; ++r)
        map2(bias, y + r * stride, y + r * stride, cols, [](V b, V v) { return hn::Add(b, v); });
}

void AddColumnSums(const float* x, std::size_t rows, std::size_t cols, std::size_t stride, float* sums)
{
    for (std::size_t r = 0; r < rows; ++r)
        map2(x + r * stride, sums, sums, cols, [](V v, V s) { return hn::Add(v, s); });
}

/// The pair Φ(x) and exp(−x²/2): erfc(|x|/√2) after Abramowitz & Stegun 7.1.26 is a polynomial times that
/// exponential.
struct NormalParts
{
    V cdf;
    V gauss;
};

HWY_INLINE NormalParts normalParts(V x)
{
    const D d;
    const V z = hn::Mul(hn::Abs(x), hn::Set(d, 0.70710678118654752f));
    const V gauss = hn::Exp(d, hn::Neg(hn::Mul(z, z)));
    const V t = hn::Div(hn::Set(d, 1.0f), hn::MulAdd(hn::Set(d, 0.3275911f), z, hn::Set(d, 1.0f)));
    V polynomial = hn::Set(d, 1.061405429f);
    polynomial = hn::MulAdd(polynomial, t, hn::Set(d, -1.453152027f));
    polynomial = hn::MulAdd(polynomial, t, hn::Set(d, 1.421413741f));
    polynomial = hn::MulAdd(polynomial, t, hn::Set(d, -0.284496736f));
    polynomial = hn::MulAdd(polynomial, t, hn::Set(d, 0.254829592f));
    const V upperTail = hn::Mul(hn::Set(d, 0.5f), hn::Mul(hn::Mul(polynomial, t), gauss));
    const auto isNegative = hn::Lt(x, hn::Zero(d));
    return {hn::IfThenElse(isNegative, upperTail, hn::Sub(hn::Set(d, 1.0f), upperTail)), gauss};
}

void Gelu(const float* x, float* y, std::size_t n)
{
    map1(x, y, n, [](V v) { return hn::Mul(v, normalParts(v).cdf); });
}

void GeluBackward(const float* x, const float* dy, float* dx, std::size_t n)
{
    map2(x, dy, dx, n, [](V v, V dv) {
        const NormalParts parts = normalParts(v);
        const V density = hn::Mul(hn::Set(D(), 0.39894228040143268f), parts.gauss);
        return hn::Mul(dv, hn::MulAdd(v, density, parts.cdf));
    });
}

/// tanh(√(2/π) (x + 0.044715 x³))
HWY_INLINE V geluTanhInner(V x)
{
    const D d;
    const V cubic = hn::Mul(hn::Mul(x, x), hn::Mul(x, hn::Set(d, 0.044715f)));
    return hn::Tanh(d, hn::Mul(hn::Set(d, 0.79788456f), hn::Add(x, cubic)));
}

void GeluTanh(const float* x, float* y, std::size_t n)
{
    map1(x, y, n, [](V v) {
        const V half = hn::Mul(v, hn::Set(D(), 0.5f));
        return hn::MulAdd(half, geluTanhInner(v), half);
    });
}

void GeluTanhBackward(const float* x, const float* dy, float* dx, std::size_t n)
{
    map2(x, dy, dx, n, [](V v, V dv) {
        const D d;
        const V one = hn::Set(d, 1.0f);
        const V half = hn::Set(d, 0.5f);
        const V t = geluTanhInner(v);
        const V slope =
            hn::MulAdd(hn::Mul(v, v), hn::Set(d, 0.79788456f * 3 * 0.044715f), hn::Set(d, 0.79788456f));
        const V cdf = hn::MulAdd(half, t, half);
        const V density = hn::Mul(hn::Mul(half, v), hn::Mul(hn::NegMulAdd(t, t, one), slope));
        return hn::Mul(dv, hn::Add(cdf, density));
    });
}

HWY_INLINE V sigmoid(V x)
{
    const D d;
    const V one = hn::Set(d, 1.0f);
    return hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(x))));
}

void SiluMultiply(const float* gate, const float* up, float* y, std::size_t n)
{
    map2(gate, up, y, n, [](V g, V u) { return hn::Mul(hn::Mul(g, sigmoid(g)), u); });
}

void SiluMultiplyBackward(const float* gate, const float* up, const float* dy, float* dGate, float* dUp,
                          std::size_t n)
{
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    const V one = hn::Set(d, 1.0f);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        const V g = hn::LoadU(d, gate + i);
        const V dv = hn::LoadU(d, dy + i);
        const V s = sigmoid(g);
        const V slope = hn::Mul(s, hn::MulAdd(g, hn::Sub(one, s), one));
        hn::StoreU(hn::Mul(hn::Mul(dv, hn::LoadU(d, up + i)), slope), d, dGate + i);
        hn::StoreU(hn::Mul(dv, hn::Mul(g, s)), d, dUp + i);
    }
    for (; i < n; ++i) {
        const float s = 1.0f / (1.0f + std::exp(-gate[i]));
        const float dv = dy[i];
        dGate[i] = dv * up[i] * s * (1.0f + gate[i] * (1.0f - s));
        dUp[i] = dv * gate[i] * s;
    }
}

void RmsNormRow(const float* x, const float* gain, float epsilon, float* y, std::size_t n, float* rstd)
{
    const D d;
    const float squares = reduceSum(
        n,
        [&](std::size_t k) {
            const V v = hn::LoadU(d, x + k);
            return hn::Mul(v, v);
        },
        [&](std::size_t k) { return x[k] * x[k]; });
    const float inverse = 1.0f / std::sqrt(squares / static_cast<float>(n) + epsilon);
    const V factor = hn::Set(d, inverse);
    map2(x, gain, y, n, [&](V v, V g) { return hn::Mul(hn::Mul(v, factor), g); });
    if (rstd)
        *rstd = inverse;
}

void RmsNormRowBackward(const float* x, const float* gain, float rstd, const float* dy, float* dx,
                        float* gainGradient, std::size_t n)
{
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    if (gainGradient)
        for (std::size_t i = 0; i < n; ++i)
            gainGradient[i] += dy[i] * x[i] * rstd;
    if (!dx)
        return;
    const float projected = reduceSum(
        n,
        [&](std::size_t k) {
            return hn::Mul(hn::Mul(hn::LoadU(d, dy + k), hn::LoadU(d, gain + k)), hn::LoadU(d, x + k));
        },
        [&](std::size_t k) { return dy[k] * gain[k] * x[k]; });
    const float share = projected * rstd * rstd / static_cast<float>(n);
    const V factor = hn::Set(d, rstd);
    const V shares = hn::Set(d, share);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        const V scaled = hn::Mul(hn::LoadU(d, dy + i), hn::LoadU(d, gain + i));
        hn::StoreU(hn::Mul(factor, hn::NegMulAdd(hn::LoadU(d, x + i), shares, scaled)), d, dx + i);
    }
    for (; i < n; ++i)
        dx[i] = rstd * (dy[i] * gain[i] - x[i] * share);
}

void TanhForward(const float* x, float* y, std::size_t n)
{
    map1(x, y, n, [](V v) { return hn::Tanh(D(), v); });
}

void DropoutRow(const float* x, float* y, std::size_t n, std::uint32_t rowKey, std::uint32_t threshold,
                float scale)
{
    const D d;
    const DU du;
    const std::size_t lanes = hn::Lanes(d);
    const auto kept = [&](std::size_t first) {
        auto h = hn::Mul(hn::Iota(du, static_cast<std::uint32_t>(first)), hn::Set(du, 0x9E3779B1u));
        h = hn::Add(h, hn::Set(du, rowKey));
        h = hn::Mul(hn::Xor(h, hn::ShiftRight<16>(h)), hn::Set(du, 0x85EBCA6Bu));
        h = hn::Mul(hn::Xor(h, hn::ShiftRight<13>(h)), hn::Set(du, 0xC2B2AE35u));
        h = hn::Xor(h, hn::ShiftRight<16>(h));
        return hn::RebindMask(d, hn::Not(hn::Gt(hn::Set(du, threshold), h)));
    };
    const V factor = hn::Set(d, scale);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes)
        hn::StoreU(hn::IfThenElseZero(kept(i), hn::Mul(hn::LoadU(d, x + i), factor)), d, y + i);
    if (i < n)
        tail1(x + i, y + i, n - i, [&](V v) { return hn::IfThenElseZero(kept(i), hn::Mul(v, factor)); });
}

float LargestOfRow(const float* x, std::size_t n)
{
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    float largest = x[0];
    std::size_t i = 0;
    if (n >= lanes) {
        V largests = hn::LoadU(d, x);
        for (i = lanes; i + lanes <= n; i += lanes)
            largests = hn::Max(largests, hn::LoadU(d, x + i));
        largest = hn::GetLane(hn::MaxOfLanes(d, largests));
    }
    for (; i < n; ++i)
        largest = std::max(largest, x[i]);
    return largest;
}

/// Σ exp(scale · (x − largest)); the terms replace x where `y` is given.
HWY_INLINE float expRow(const float* x, float* y, std::size_t n, float scale, float largest)
{
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    const V factor = hn::Set(d, scale);
    const V shift = hn::Set(d, -scale * largest);
    V sum = hn::Zero(d);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        const V value = hn::Exp(d, hn::MulAdd(hn::LoadU(d, x + i), factor, shift));
        sum = hn::Add(sum, value);
        if (y)
            hn::StoreU(value, d, y + i);
    }
    if (i < n) {
        const auto mask = hn::FirstN(d, n - i);
        const V value =
            hn::IfThenElseZero(mask, hn::Exp(d, hn::MulAdd(hn::MaskedLoad(mask, d, x + i), factor, shift)));
        sum = hn::Add(sum, value);
        if (y)
            hn::BlendedStore(value, mask, d, y + i);
    }
    return hn::GetLane(hn::SumOfLanes(d, sum));
}

RowExponentials ExponentialsOfRow(const float* x, std::size_t n)
{
    const float largest = LargestOfRow(x, n);
    return {largest, expRow(x, nullptr, n, 1.0f, largest)};
}

RowExponentials SoftmaxRow(float* x, std::size_t n, float scale, float factor)
{
    const float largest = LargestOfRow(x, n);
    const float total = expRow(x, x, n, scale, largest);
    const V inverse = hn::Set(D(), factor / total);
    map1(x, x, n, [&](V v) { return hn::Mul(v, inverse); });
    return {largest, total};
}

void SoftmaxRows(float* x, std::size_t rows, std::size_t cols, std::size_t stride, float scale)
{
    for (std::size_t r = 0; r < rows; ++r)
        SoftmaxRow(x + r * stride, cols, scale, 1.0f);
}

void SoftmaxRowsBackward(const float* p, std::size_t pStride, float* dp, std::size_t dpStride,
                         std::size_t rows, std::size_t cols, float scale)
{
    const D d;
    for (std::size_t r = 0; r < rows; ++r) {
        const float* pr = p + r * pStride;
        float* dr = dp + r * dpStride;
        const float dot = reduceSum(
            cols, [&](std::size_t k) { return hn::Mul(hn::LoadU(d, pr + k), hn::LoadU(d, dr + k)); },
            [&](std::size_t k) { return pr[k] * dr[k]; });
        const V shift = hn::Set(d, dot);
        const V factor = hn::Set(d, scale);
        map2(pr, dr, dr, cols, [&](V pv, V dv) { return hn::Mul(hn::Mul(factor, pv), hn::Sub(dv, shift)); });
    }
}

void LayerNormRow(const float* x, const float* gain, const float* bias, float epsilon, float* y,
                  std::size_t n, float* mean, float* rstd)
{
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    const float average =
        reduceSum(
            n, [&](std::size_t k) { return hn::LoadU(d, x + k); }, [&](std::size_t k) { return x[k]; }) /
        static_cast<float>(n);
    const V center = hn::Set(d, average);
    const float squares = reduceSum(
        n,
        [&](std::size_t k) {
            const V difference = hn::Sub(hn::LoadU(d, x + k), center);
            return hn::Mul(difference, difference);
        },
        [&](std::size_t k) { return (x[k] - average) * (x[k] - average); });
    const float inverse = 1.0f / std::sqrt(squares / static_cast<float>(n) + epsilon);
    const V factor = hn::Set(d, inverse);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        const V normal = hn::Mul(hn::Sub(hn::LoadU(d, x + i), center), factor);
        hn::StoreU(hn::MulAdd(normal, hn::LoadU(d, gain + i), hn::LoadU(d, bias + i)), d, y + i);
    }
    for (; i < n; ++i)
        y[i] = (x[i] - average) * inverse * gain[i] + bias[i];
    if (mean)
        *mean = average;
    if (rstd)
        *rstd = inverse;
}

void LayerNormRowBackward(const float* x, const float* gain, float mean, float rstd, const float* dy,
                          float* dx, float* gainGradient, float* biasGradient, std::size_t n)
{
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    const V center = hn::Set(d, mean);
    const V factor = hn::Set(d, rstd);
    if (gainGradient)
        for (std::size_t i = 0; i < n; ++i)
            gainGradient[i] += dy[i] * (x[i] - mean) * rstd;
    if (biasGradient)
        map2(dy, biasGradient, biasGradient, n, [](V v, V s) { return hn::Add(v, s); });
    if (!dx)
        return;
    const float meanScaled =
        reduceSum(
            n, [&](std::size_t k) { return hn::Mul(hn::LoadU(d, dy + k), hn::LoadU(d, gain + k)); },
            [&](std::size_t k) { return dy[k] * gain[k]; }) /
        static_cast<float>(n);
    const float meanProjected =
        reduceSum(
            n,
            [&](std::size_t k) {
                const V normal = hn::Mul(hn::Sub(hn::LoadU(d, x + k), center), factor);
                return hn::Mul(hn::Mul(hn::LoadU(d, dy + k), hn::LoadU(d, gain + k)), normal);
            },
            [&](std::size_t k) { return dy[k] * gain[k] * (x[k] - mean) * rstd; }) /
        static_cast<float>(n);
    const V a = hn::Set(d, meanScaled);
    const V b = hn::Set(d, meanProjected);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        const V normal = hn::Mul(hn::Sub(hn::LoadU(d, x + i), center), factor);
        const V scaled = hn::Mul(hn::LoadU(d, dy + i), hn::LoadU(d, gain + i));
        hn::StoreU(hn::Mul(factor, hn::Sub(hn::Sub(scaled, a), hn::Mul(normal, b))), d, dx + i);
    }
    for (; i < n; ++i)
        dx[i] = rstd * (dy[i] * gain[i] - meanScaled - (x[i] - mean) * rstd * meanProjected);
}

void AdamW(const AdamWStep& step, const float* gradient, float* moment1, float* moment2, float* value,
           std::size_t n)
{
    const D d;
    const std::size_t lanes = hn::Lanes(d);
    const float decay = static_cast<float>(1.0 - step.learningRate * step.weightDecay);
    const float stepSize = static_cast<float>(step.learningRate / step.biasCorrection1);
    const float rootCorrection = static_cast<float>(1.0 / std::sqrt(step.biasCorrection2));
    const float scale = static_cast<float>(step.gradientScale);
    const float beta1 = static_cast<float>(step.beta1);
    const float beta2 = static_cast<float>(step.beta2);
    const float rest1 = static_cast<float>(1.0 - step.beta1);
    const float rest2 = static_cast<float>(1.0 - step.beta2);
    const float epsilon = static_cast<float>(step.epsilon);
    std::size_t i = 0;
    for (; i + lanes <= n; i += lanes) {
        const V g = hn::Mul(hn::LoadU(d, gradient + i), hn::Set(d, scale));
        const V m = hn::MulAdd(hn::Set(d, rest1), g, hn::Mul(hn::Set(d, beta1), hn::LoadU(d, moment1 + i)));
        const V v = hn::MulAdd(hn::Mul(hn::Set(d, rest2), g), g,
                               hn::Mul(hn::Set(d, beta2), hn::LoadU(d, moment2 + i)));
        hn::StoreU(m, d, moment1 + i);
        hn::StoreU(v, d, moment2 + i);
        const V denominator = hn::MulAdd(hn::Sqrt(v), hn::Set(d, rootCorrection), hn::Set(d, epsilon));
        const V w = hn::Mul(hn::LoadU(d, value + i), hn::Set(d, decay));
        hn::StoreU(hn::Sub(w, hn::Div(hn::Mul(hn::Set(d, stepSize), m), denominator)), d, value + i);
    }
    for (; i < n; ++i) {
        const float g = gradient[i] * scale;
        moment1[i] = beta1 * moment1[i] + rest1 * g;
        moment2[i] = beta2 * moment2[i] + rest2 * g * g;
        const float denominator = std::sqrt(moment2[i]) * rootCorrection + epsilon;
        value[i] = value[i] * decay - stepSize * moment1[i] / denominator;
    }
}

double SumOfSquares(const float* x, std::size_t n)
{
    // Blocks keep the float partial sums short, doubles carry them on.
    constexpr std::size_t block = 4096;
    const D d;
    double total = 0;
    for (std::size_t first = 0; first < n; first += block) {
        const float* part = x + first;
        total += reduceSum(
            std::min(block, n - first),
            [&](std::size_t k) {
                const V v = hn::LoadU(d, part + k);
                return hn::Mul(v, v);
            },
            [&](std::size_t k) { return part[k] * part[k]; });
    }
    return total;
}

} // namespace lora::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace lora::simd {

HWY_EXPORT(AddScaled);
HWY_EXPORT(AddBias);
HWY_EXPORT(AddColumnSums);
HWY_EXPORT(Gelu);
HWY_EXPORT(GeluBackward);
HWY_EXPORT(GeluTanh);
HWY_EXPORT(GeluTanhBackward);
HWY_EXPORT(SiluMultiply);
HWY_EXPORT(SiluMultiplyBackward);
HWY_EXPORT(RmsNormRow);
HWY_EXPORT(RmsNormRowBackward);
HWY_EXPORT(TanhForward);
HWY_EXPORT(DropoutRow);
HWY_EXPORT(SoftmaxRow);
HWY_EXPORT(ExponentialsOfRow);
HWY_EXPORT(LargestOfRow);
HWY_EXPORT(SoftmaxRows);
HWY_EXPORT(SoftmaxRowsBackward);
HWY_EXPORT(LayerNormRow);
HWY_EXPORT(LayerNormRowBackward);
HWY_EXPORT(AdamW);
HWY_EXPORT(SumOfSquares);

void addScaled(float a, const float* x, float* y, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(AddScaled)(a, x, y, n);
}
void addBias(float* y, std::size_t rows, std::size_t cols, std::size_t stride, const float* bias)
{
    HWY_DYNAMIC_DISPATCH(AddBias)(y, rows, cols, stride, bias);
}
void addColumnSums(const float* x, std::size_t rows, std::size_t cols, std::size_t stride, float* sums)
{
    HWY_DYNAMIC_DISPATCH(AddColumnSums)(x, rows, cols, stride, sums);
}
void gelu(const float* x, float* y, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(Gelu)(x, y, n);
}
void geluBackward(const float* x, const float* dy, float* dx, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(GeluBackward)(x, dy, dx, n);
}
void geluTanh(const float* x, float* y, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(GeluTanh)(x, y, n);
}
void geluTanhBackward(const float* x, const float* dy, float* dx, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(GeluTanhBackward)(x, dy, dx, n);
}
void siluMultiply(const float* gate, const float* up, float* y, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(SiluMultiply)(gate, up, y, n);
}
void siluMultiplyBackward(const float* gate, const float* up, const float* dy, float* dGate, float* dUp,
                          std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(SiluMultiplyBackward)(gate, up, dy, dGate, dUp, n);
}
void rmsNormRow(const float* x, const float* gain, float epsilon, float* y, std::size_t n, float* rstd)
{
    HWY_DYNAMIC_DISPATCH(RmsNormRow)(x, gain, epsilon, y, n, rstd);
}
void rmsNormRowBackward(const float* x, const float* gain, float rstd, const float* dy, float* dx,
                        float* gainGradient, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(RmsNormRowBackward)(x, gain, rstd, dy, dx, gainGradient, n);
}
void tanhForward(const float* x, float* y, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(TanhForward)(x, y, n);
}
void dropoutRow(const float* x, float* y, std::size_t n, std::uint32_t rowKey, std::uint32_t threshold,
                float scale)
{
    HWY_DYNAMIC_DISPATCH(DropoutRow)(x, y, n, rowKey, threshold, scale);
}
RowExponentials softmaxRow(float* x, std::size_t n, float factor)
{
    return HWY_DYNAMIC_DISPATCH(SoftmaxRow)(x, n, 1.0f, factor);
}
RowExponentials exponentialsOfRow(const float* x, std::size_t n)
{
    return HWY_DYNAMIC_DISPATCH(ExponentialsOfRow)(x, n);
}
float largestOfRow(const float* x, std::size_t n)
{
    return HWY_DYNAMIC_DISPATCH(LargestOfRow)(x, n);
}
void softmaxRows(float* x, std::size_t rows, std::size_t cols, std::size_t stride, float scale)
{
    HWY_DYNAMIC_DISPATCH(SoftmaxRows)(x, rows, cols, stride, scale);
}
void softmaxRowsBackward(const float* p, std::size_t pStride, float* dp, std::size_t dpStride,
                         std::size_t rows, std::size_t cols, float scale)
{
    HWY_DYNAMIC_DISPATCH(SoftmaxRowsBackward)(p, pStride, dp, dpStride, rows, cols, scale);
}
void layerNormRow(const float* x, const float* gain, const float* bias, float epsilon, float* y,
                  std::size_t n, float* mean, float* rstd)
{
    HWY_DYNAMIC_DISPATCH(LayerNormRow)(x, gain, bias, epsilon, y, n, mean, rstd);
}
void layerNormRowBackward(const float* x, const float* gain, float mean, float rstd, const float* dy,
                          float* dx, float* gainGradient, float* biasGradient, std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(LayerNormRowBackward)(x, gain, mean, rstd, dy, dx, gainGradient, biasGradient, n);
}
void adamW(const AdamWStep& step, const float* gradient, float* moment1, float* moment2, float* value,
           std::size_t n)
{
    HWY_DYNAMIC_DISPATCH(AdamW)(step, gradient, moment1, moment2, value, n);
}
double sumOfSquares(const float* x, std::size_t n)
{
    return HWY_DYNAMIC_DISPATCH(SumOfSquares)(x, n);
}

} // namespace lora::simd
#endif
