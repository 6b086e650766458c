#include "core/nn/dora_magnitude.h"

#include "core/math/elementwise.h"
#include "core/nn/weight_products.h"

#include <algorithm>
#include <cmath>

namespace lora {

namespace {

/// What b_i is multiplied by in n_i²: A Wᵀ [r, out] and B (A Aᵀ) [out, r]. Views into scratch that is used
/// again, since this runs after every step.
template <class T>
struct NormProducts
{
    NormProducts(const Parameter<T>& weight, ConstMatrix<T> a, ConstMatrix<T> b)
    {
        static thread_local std::vector<T> scratch;
        const std::int64_t r = a.rows;
        const std::int64_t out = b.rows;
        scratch.resize(std::max(scratch.size(), static_cast<std::size_t>(2 * r * out + r * r)));
        aw = {scratch.data(), r, out};
        bg = {aw.data + aw.size(), out, r};
        const Matrix<T> gram(bg.data + bg.size(), r, r);
        multiplyForward<T>(a, weight, aw, nullptr);
        multiplyByTransposed<T>(a, a, gram);
        gemm<T>(Transpose::No, Transpose::No, T(1), b, gram, T(0), bg);
    }

    Matrix<T> aw, bg;
};

} // namespace

template <class T>
void DoraMagnitude<T>::measure(const Parameter<T>& weight)
{
    if (!m_squares.empty() && m_isOfHalves == weight.isBFloat16())
        return;
    m_isOfHalves = weight.isBFloat16();
    std::vector<T> storage;
    ConstMatrix<T> w = weight.value();
    if constexpr (std::is_same_v<T, float>)
        if (m_isOfHalves) {
            storage.resize(static_cast<std::size_t>(weight.size()));
            std::transform(weight.halves().data, weight.halves().data + weight.size(), storage.begin(),
                           [](BFloat16 half) { return toFloat(half); });
            w = {storage.data(), w.rows, w.cols};
        }
    m_squares.resize(static_cast<std::size_t>(w.rows));
    for (std::int64_t i = 0; i < w.rows; ++i)
        m_squares[static_cast<std::size_t>(i)] =
            sumOfSquares<T>(std::span<const T>(w.data + i * w.cols, static_cast<std::size_t>(w.cols)));
}

template <class T>
void DoraMagnitude<T>::refresh(const Parameter<T>& weight, const LoraAdapter<T>& adapter)
{
    measure(weight);
    const ConstMatrix<T> b = adapter.b.value();
    const NormProducts<T> products(weight, adapter.a.value(), b);
    const double s = adapter.effectiveScaling();
    m_inverses.resize(m_squares.size());
    m_factors.resize(m_squares.size());
    for (std::int64_t i = 0; i < b.rows; ++i) {
        double crossed = 0;
        double squared = 0;
        for (std::int64_t k = 0; k < b.cols; ++k) {
            crossed += static_cast<double>(b(i, k)) * products.aw(k, i);
            squared += static_cast<double>(b(i, k)) * products.bg(i, k);
        }
        const auto at = static_cast<std::size_t>(i);
        const double square = std::max(0.0, m_squares[at] + 2 * s * crossed + s * s * squared);
        const T norm = static_cast<T>(std::sqrt(square));
        const T base = static_cast<T>(std::sqrt(m_squares[at]));
        const T magnitude = adapter.strength == 1
                                ? vector.data()[i]
                                : base + static_cast<T>(adapter.strength) * (vector.data()[i] - base);
        m_inverses[at] = norm > 0 ? 1 / norm : T(0);
        m_factors[at] = norm > 0 ? magnitude / norm : T(1); // a row of zeros has no direction to scale
    }
}

template <class T>
void DoraMagnitude<T>::setToNormsOf(const Parameter<T>& weight)
{
    measure(weight);
    std::transform(m_squares.begin(), m_squares.end(), vector.mutableValue().data,
                   [](double square) { return static_cast<T>(std::sqrt(square)); });
}

template <class T>
void DoraMagnitude<T>::scale(ConstMatrix<T> u, const T* bias, Matrix<T> y) const
{
    const T* factors = m_factors.data();
    for (std::int64_t row = 0; row < u.rows; ++row) {
        const T* from = u.row(row);
        T* to = y.row(row);
        if (bias)
            for (std::int64_t i = 0; i < u.cols; ++i)
                to[i] = factors[i] * from[i] + bias[i];
        else
            for (std::int64_t i = 0; i < u.cols; ++i)
                to[i] = factors[i] * from[i];
    }
}

template <class T>
void DoraMagnitude<T>::addScaled(ConstMatrix<T> u, Matrix<T> y) const
{
    for (std::int64_t row = 0; row < u.rows; ++row) {
        const T* from = u.row(row);
        T* to = y.row(row);
        for (std::int64_t i = 0; i < u.cols; ++i)
            to[i] += m_factors[static_cast<std::size_t>(i)] * from[i];
    }
}

template <class T>
void DoraMagnitude<T>::addGradient(ConstMatrix<T> dy, ConstMatrix<T> u, GradientStore<T>& gradients) const
{
    if (!vector.isTrainable())
        return;
    T* dm = gradients.of(vector).data;
    for (std::int64_t row = 0; row < u.rows; ++row) {
        const T* dyRow = dy.row(row);
        const T* uRow = u.row(row);
        for (std::int64_t i = 0; i < u.cols; ++i)
            dm[i] += dyRow[i] * uRow[i] * m_inverses[static_cast<std::size_t>(i)];
    }
}

template class DoraMagnitude<float>;
template class DoraMagnitude<double>;

} // namespace lora
