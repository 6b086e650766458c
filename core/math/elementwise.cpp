#include "core/math/elementwise.h"

#include "core/base/rng.h"
#include "core/math/simd_kernels.h"

#include <cmath>
#include <numbers>

namespace lora {

namespace {

template <class T>
constexpr bool isFloat = std::is_same_v<T, float>;

/// Calls f(xRow, yRow, n) for every row, or once for all when both are contiguous.
template <class X, class Y, class F>
void forRows(const Matrix<X>& x, const Matrix<Y>& y, const F& f)
{
    LORA_ASSERT(x.rows == y.rows && x.cols == y.cols);
    if (x.stride == x.cols && y.stride == y.cols) {
        f(x.data, y.data, static_cast<std::size_t>(x.size()));
        return;
    }
    for (std::int64_t r = 0; r < x.rows; ++r)
        f(x.row(r), y.row(r), static_cast<std::size_t>(x.cols));
}

/// dx = f(x, dy) element by element.
template <class T, class F>
void combine(ConstMatrix<T> x, ConstMatrix<T> dy, Matrix<T> dx, const F& f)
{
    LORA_ASSERT(x.rows == dy.rows && x.cols == dy.cols && dx.rows == x.rows && dx.cols == x.cols);
    for (std::int64_t r = 0; r < x.rows; ++r)
        for (std::int64_t c = 0; c < x.cols; ++c)
            dx(r, c) = f(x(r, c), dy(r, c));
}

template <class T>
T normalCdf(T x)
{
    return T(0.5) * std::erfc(-x / std::numbers::sqrt2_v<T>);
}

std::uint32_t dropoutHash(std::uint32_t rowKey, std::uint32_t column)
{
    std::uint32_t h = column * 0x9E3779B1u + rowKey;
    h = (h ^ (h >> 16)) * 0x85EBCA6Bu;
    h = (h ^ (h >> 13)) * 0xC2B2AE35u;
    return h ^ (h >> 16);
}

} // namespace

template <class T>
void addScaled(T a, ConstMatrix<T> x, Matrix<T> y)
{
    forRows(x, y, [a](const T* xs, T* ys, std::size_t n) {
        if constexpr (isFloat<T>)
            simd::addScaled(a, xs, ys, n);
        else
            for (std::size_t i = 0; i < n; ++i)
                ys[i] += a * xs[i];
    });
}

template <class T>
void copyRows(ConstMatrix<T> x, Matrix<T> y)
{
    forRows(x, y, [](const T* xs, T* ys, std::size_t n) { std::copy_n(xs, n, ys); });
}

template <class T>
void addBias(Matrix<T> y, const T* bias)
{
    if constexpr (isFloat<T>)
        simd::addBias(y.data, y.rows, y.cols, y.stride, bias);
    else
        for (std::int64_t r = 0; r < y.rows; ++r)
            for (std::int64_t c = 0; c < y.cols; ++c)
                y(r, c) += bias[c];
}

template <class T>
void addColumnSums(ConstMatrix<T> x, T* sums)
{
    if constexpr (isFloat<T>)
        simd::addColumnSums(x.data, x.rows, x.cols, x.stride, sums);
    else
        for (std::int64_t r = 0; r < x.rows; ++r)
            for (std::int64_t c = 0; c < x.cols; ++c)
                sums[c] += x(r, c);
}

template <class T>
void gelu(ConstMatrix<T> x, Matrix<T> y)
{
    forRows(x, y, [](const T* xs, T* ys, std::size_t n) {
        if constexpr (isFloat<T>)
            simd::gelu(xs, ys, n);
        else
            for (std::size_t i = 0; i < n; ++i)
                ys[i] = xs[i] * normalCdf(xs[i]);
    });
}

template <class T>
void geluBackward(ConstMatrix<T> x, ConstMatrix<T> dy, Matrix<T> dx)
{
    if constexpr (isFloat<T>) {
        for (std::int64_t r = 0; r < x.rows; ++r)
            simd::geluBackward(x.row(r), dy.row(r), dx.row(r), static_cast<std::size_t>(x.cols));
    } else {
        combine<T>(x, dy, dx, [](T v, T dv) {
            const T density = std::exp(-v * v / 2) * std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>;
            return dv * (normalCdf(v) + v * density);
        });
    }
}

namespace {

constexpr double geluTanhFactor = 0.79788456080286535588; // √(2/π)
constexpr double geluTanhCubic = 0.044715;

template <class T>
T sigmoid(T x)
{
    return T(1) / (T(1) + std::exp(-x));
}

} // namespace

template <class T>
void geluTanh(ConstMatrix<T> x, Matrix<T> y)
{
    forRows(x, y, [](const T* xs, T* ys, std::size_t n) {
        if constexpr (isFloat<T>)
            simd::geluTanh(xs, ys, n);
        else
            for (std::size_t i = 0; i < n; ++i) {
                const T v = xs[i];
                ys[i] = v / 2 * (1 + std::tanh(geluTanhFactor * (v + geluTanhCubic * v * v * v)));
            }
    });
}

template <class T>
void geluTanhBackward(ConstMatrix<T> x, ConstMatrix<T> dy, Matrix<T> dx)
{
    if constexpr (isFloat<T>) {
        for (std::int64_t r = 0; r < x.rows; ++r)
            simd::geluTanhBackward(x.row(r), dy.row(r), dx.row(r), static_cast<std::size_t>(x.cols));
    } else {
        combine<T>(x, dy, dx, [](T v, T dv) {
            const T t = std::tanh(geluTanhFactor * (v + geluTanhCubic * v * v * v));
            const T inner = geluTanhFactor * (1 + 3 * geluTanhCubic * v * v);
            return dv * ((1 + t) / 2 + v / 2 * (1 - t * t) * inner);
        });
    }
}

template <class T>
void siluMultiply(ConstMatrix<T> gate, ConstMatrix<T> up, Matrix<T> y)
{
    LORA_ASSERT(gate.rows == up.rows && gate.cols == up.cols && y.rows == gate.rows && y.cols == gate.cols);
    for (std::int64_t r = 0; r < gate.rows; ++r) {
        if constexpr (isFloat<T>)
            simd::siluMultiply(gate.row(r), up.row(r), y.row(r), static_cast<std::size_t>(gate.cols));
        else
            for (std::int64_t c = 0; c < gate.cols; ++c)
                y(r, c) = gate(r, c) * sigmoid(gate(r, c)) * up(r, c);
    }
}

template <class T>
void siluMultiplyBackward(ConstMatrix<T> gate, ConstMatrix<T> up, ConstMatrix<T> dy, Matrix<T> dGate,
                          Matrix<T> dUp)
{
    for (std::int64_t r = 0; r < gate.rows; ++r) {
        if constexpr (isFloat<T>) {
            simd::siluMultiplyBackward(gate.row(r), up.row(r), dy.row(r), dGate.row(r), dUp.row(r),
                                       static_cast<std::size_t>(gate.cols));
        } else {
            for (std::int64_t c = 0; c < gate.cols; ++c) {
                const T s = sigmoid(gate(r, c));
                const T dv = dy(r, c);
                dGate(r, c) = dv * up(r, c) * s * (1 + gate(r, c) * (1 - s));
                dUp(r, c) = dv * gate(r, c) * s;
            }
        }
    }
}

template <class T>
void relu(ConstMatrix<T> x, Matrix<T> y)
{
    combine<T>(x, x, y, [](T v, T) { return v > 0 ? v : T(0); });
}

template <class T>
void reluBackward(ConstMatrix<T> x, ConstMatrix<T> dy, Matrix<T> dx)
{
    combine<T>(x, dy, dx, [](T v, T dv) { return v > 0 ? dv : T(0); });
}

template <class T>
void tanhForward(ConstMatrix<T> x, Matrix<T> y)
{
    forRows(x, y, [](const T* xs, T* ys, std::size_t n) {
        if constexpr (isFloat<T>)
            simd::tanhForward(xs, ys, n);
        else
            for (std::size_t i = 0; i < n; ++i)
                ys[i] = std::tanh(xs[i]);
    });
}

template <class T>
void tanhBackward(ConstMatrix<T> y, ConstMatrix<T> dy, Matrix<T> dx)
{
    combine<T>(y, dy, dx, [](T v, T dv) { return dv * (1 - v * v); });
}

template <class T>
void dropout(ConstMatrix<T> x, double p, std::uint64_t key, Matrix<T> y)
{
    const auto threshold = static_cast<std::uint32_t>(std::min(p * 0x1.0p32, 4294967295.0));
    const T scale = static_cast<T>(1.0 / (1.0 - p));
    for (std::int64_t r = 0; r < x.rows; ++r) {
        const auto rowKey = static_cast<std::uint32_t>(mixBits(key + static_cast<std::uint64_t>(r)) >> 32);
        if constexpr (isFloat<T>) {
            simd::dropoutRow(x.row(r), y.row(r), static_cast<std::size_t>(x.cols), rowKey, threshold, scale);
        } else {
            for (std::int64_t c = 0; c < x.cols; ++c) {
                const bool isKept = dropoutHash(rowKey, static_cast<std::uint32_t>(c)) >= threshold;
                y(r, c) = isKept ? x(r, c) * scale : T(0);
            }
        }
    }
}

template <class T>
void softmaxRows(Matrix<T> x, T scale)
{
    if (x.cols == 0)
        return;
    if constexpr (isFloat<T>) {
        simd::softmaxRows(x.data, x.rows, x.cols, x.stride, scale);
    } else {
        for (std::int64_t r = 0; r < x.rows; ++r) {
            T largest = x(r, 0) * scale;
            for (std::int64_t c = 1; c < x.cols; ++c)
                largest = std::max(largest, x(r, c) * scale);
            T total = 0;
            for (std::int64_t c = 0; c < x.cols; ++c)
                total += x(r, c) = std::exp(x(r, c) * scale - largest);
            for (std::int64_t c = 0; c < x.cols; ++c)
                x(r, c) /= total;
        }
    }
}

template <class T>
LogSumExp logSumExp(const T* row, std::int64_t n)
{
    if constexpr (isFloat<T>) {
        const simd::RowExponentials parts = simd::exponentialsOfRow(row, static_cast<std::size_t>(n));
        return {parts.largest, std::log(static_cast<double>(parts.total))};
    } else {
        const T largest = *std::max_element(row, row + n);
        T sum = 0;
        for (std::int64_t c = 0; c < n; ++c)
            sum += std::exp(row[c] - largest);
        return {largest, std::log(sum)};
    }
}

template <class T>
LogSumExp softmaxRow(T* row, std::int64_t n, T factor)
{
    if constexpr (isFloat<T>) {
        const simd::RowExponentials parts = simd::softmaxRow(row, static_cast<std::size_t>(n), factor);
        return {parts.largest, std::log(static_cast<double>(parts.total))};
    } else {
        const LogSumExp parts = logSumExp(row, n);
        for (std::int64_t c = 0; c < n; ++c)
            row[c] = factor * std::exp(row[c] - parts.largest - parts.rest);
        return parts;
    }
}

template <class T>
std::int64_t indexOfLargest(const T* row, std::int64_t n)
{
    if constexpr (isFloat<T>) {
        const float largest = simd::largestOfRow(row, static_cast<std::size_t>(n));
        return std::min<std::int64_t>(std::find(row, row + n, largest) - row, n - 1); // NaN is found nowhere
    } else {
        return std::max_element(row, row + n) - row;
    }
}

template <class T>
void softmaxCausalRows(Matrix<T> x, T scale, std::int64_t first, std::int64_t window)
{
    for (std::int64_t r = 0; r < x.rows; ++r) {
        const std::int64_t end = std::min(first + r + 1, x.cols);
        const std::int64_t begin = window > 0 ? std::max<std::int64_t>(0, end - window) : 0;
        std::fill_n(x.row(r), begin, T(0));
        softmaxRows<T>(x.rowRange(r, 1).colRange(begin, end - begin), scale);
        std::fill_n(x.row(r) + end, x.cols - end, T(0));
    }
}

template <class T>
void softmaxRowsBackward(ConstMatrix<T> p, T scale, Matrix<T> dp)
{
    LORA_ASSERT(p.rows == dp.rows && p.cols == dp.cols);
    if constexpr (isFloat<T>) {
        simd::softmaxRowsBackward(p.data, p.stride, dp.data, dp.stride, p.rows, p.cols, scale);
    } else {
        for (std::int64_t r = 0; r < p.rows; ++r) {
            T dot = 0;
            for (std::int64_t c = 0; c < p.cols; ++c)
                dot += p(r, c) * dp(r, c);
            for (std::int64_t c = 0; c < p.cols; ++c)
                dp(r, c) = scale * p(r, c) * (dp(r, c) - dot);
        }
    }
}

template <class T>
void adamWUpdate(const AdamWStep& step, std::span<const T> gradient, std::span<T> moment1,
                 std::span<T> moment2, std::span<T> value)
{
    if constexpr (isFloat<T>) {
        simd::adamW(step, gradient.data(), moment1.data(), moment2.data(), value.data(), value.size());
    } else {
        for (std::size_t i = 0; i < value.size(); ++i) {
            const T g = gradient[i] * step.gradientScale;
            moment1[i] = step.beta1 * moment1[i] + (1 - step.beta1) * g;
            moment2[i] = step.beta2 * moment2[i] + (1 - step.beta2) * g * g;
            const T denominator = std::sqrt(moment2[i]) / std::sqrt(step.biasCorrection2) + step.epsilon;
            value[i] = value[i] * (1 - step.learningRate * step.weightDecay) -
                       step.learningRate / step.biasCorrection1 * moment1[i] / denominator;
        }
    }
}

template <class T>
double sumOfSquares(std::span<const T> x)
{
    if constexpr (isFloat<T>) {
        return simd::sumOfSquares(x.data(), x.size());
    } else {
        double total = 0;
        for (const T v : x)
            total += v * v;
        return total;
    }
}

#define INSTANTIATE(T)                                                                                       \
    template void addScaled<T>(T, ConstMatrix<T>, Matrix<T>);                                                \
    template void copyRows<T>(ConstMatrix<T>, Matrix<T>);                                                    \
    template void addBias<T>(Matrix<T>, const T*);                                                           \
    template void addColumnSums<T>(ConstMatrix<T>, T*);                                                      \
    template void gelu<T>(ConstMatrix<T>, Matrix<T>);                                                        \
    template void geluBackward<T>(ConstMatrix<T>, ConstMatrix<T>, Matrix<T>);                                \
    template void geluTanh<T>(ConstMatrix<T>, Matrix<T>);                                                    \
    template void geluTanhBackward<T>(ConstMatrix<T>, ConstMatrix<T>, Matrix<T>);                            \
    template void siluMultiply<T>(ConstMatrix<T>, ConstMatrix<T>, Matrix<T>);                                \
    template void siluMultiplyBackward<T>(ConstMatrix<T>, ConstMatrix<T>, ConstMatrix<T>, Matrix<T>,         \
                                          Matrix<T>);                                                        \
    template void softmaxCausalRows<T>(Matrix<T>, T, std::int64_t, std::int64_t);                            \
    template void relu<T>(ConstMatrix<T>, Matrix<T>);                                                        \
    template void reluBackward<T>(ConstMatrix<T>, ConstMatrix<T>, Matrix<T>);                                \
    template void tanhForward<T>(ConstMatrix<T>, Matrix<T>);                                                 \
    template void tanhBackward<T>(ConstMatrix<T>, ConstMatrix<T>, Matrix<T>);                                \
    template void dropout<T>(ConstMatrix<T>, double, std::uint64_t, Matrix<T>);                              \
    template LogSumExp logSumExp<T>(const T*, std::int64_t);                                                 \
    template LogSumExp softmaxRow<T>(T*, std::int64_t, T);                                                   \
    template std::int64_t indexOfLargest<T>(const T*, std::int64_t);                                         \
    template void softmaxRows<T>(Matrix<T>, T);                                                              \
    template void softmaxRowsBackward<T>(ConstMatrix<T>, T, Matrix<T>);                                      \
    template void adamWUpdate<T>(const AdamWStep&, std::span<const T>, std::span<T>, std::span<T>,           \
                                 std::span<T>);                                                              \
    template double sumOfSquares<T>(std::span<const T>);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

} // namespace lora
