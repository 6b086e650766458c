#include "core/math/norm_kernels.h"

#include "core/math/simd_kernels.h"

#include <cmath>

namespace lora {

namespace {

void normRow(const double* x, const double* gain, const double* bias, double epsilon, double* y,
             std::size_t n, double* mean, double* rstd)
{
    double average = 0;
    for (std::size_t i = 0; i < n; ++i)
        average += x[i] / static_cast<double>(n);
    double variance = 0;
    for (std::size_t i = 0; i < n; ++i)
        variance += (x[i] - average) * (x[i] - average) / static_cast<double>(n);
    const double inverse = 1.0 / std::sqrt(variance + epsilon);
    for (std::size_t i = 0; i < n; ++i)
        y[i] = (x[i] - average) * inverse * gain[i] + bias[i];
    if (mean)
        *mean = average;
    if (rstd)
        *rstd = inverse;
}

void normRowBackward(const double* x, const double* gain, double mean, double rstd, const double* dy,
                     double* dx, double* gainGradient, double* biasGradient, std::size_t n)
{
    double meanScaled = 0;
    double meanProjected = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double normal = (x[i] - mean) * rstd;
        meanScaled += dy[i] * gain[i] / static_cast<double>(n);
        meanProjected += dy[i] * gain[i] * normal / static_cast<double>(n);
        if (gainGradient)
            gainGradient[i] += dy[i] * normal;
        if (biasGradient)
            biasGradient[i] += dy[i];
    }
    if (dx)
        for (std::size_t i = 0; i < n; ++i)
            dx[i] = rstd * (dy[i] * gain[i] - meanScaled - (x[i] - mean) * rstd * meanProjected);
}

} // namespace

template <class T>
void layerNormRows(ConstMatrix<T> x, const T* gain, const T* bias, T epsilon, Matrix<T> y, T* mean, T* rstd)
{
    LORA_ASSERT(x.rows == y.rows && x.cols == y.cols);
    for (std::int64_t r = 0; r < x.rows; ++r) {
        T* meanOut = mean ? mean + r : nullptr;
        T* rstdOut = rstd ? rstd + r : nullptr;
        const auto n = static_cast<std::size_t>(x.cols);
        if constexpr (std::is_same_v<T, float>)
            simd::layerNormRow(x.row(r), gain, bias, epsilon, y.row(r), n, meanOut, rstdOut);
        else
            normRow(x.row(r), gain, bias, epsilon, y.row(r), n, meanOut, rstdOut);
    }
}

template <class T>
void layerNormRowsBackward(ConstMatrix<T> x, const T* gain, const T* mean, const T* rstd, ConstMatrix<T> dy,
                           Matrix<T> dx, T* gainGradient, T* biasGradient)
{
    LORA_ASSERT(x.rows == dy.rows && x.cols == dy.cols);
    for (std::int64_t r = 0; r < x.rows; ++r) {
        T* dxRow = dx.isEmpty() ? nullptr : dx.row(r);
        const auto n = static_cast<std::size_t>(x.cols);
        if constexpr (std::is_same_v<T, float>)
            simd::layerNormRowBackward(x.row(r), gain, mean[r], rstd[r], dy.row(r), dxRow, gainGradient,
                                       biasGradient, n);
        else
            normRowBackward(x.row(r), gain, mean[r], rstd[r], dy.row(r), dxRow, gainGradient, biasGradient,
                            n);
    }
}

namespace {

void rmsRow(const double* x, const double* gain, double epsilon, double* y, std::size_t n, double* rstd)
{
    double squares = 0;
    for (std::size_t i = 0; i < n; ++i)
        squares += x[i] * x[i] / static_cast<double>(n);
    const double inverse = 1.0 / std::sqrt(squares + epsilon);
    for (std::size_t i = 0; i < n; ++i)
        y[i] = x[i] * inverse * gain[i];
    if (rstd)
        *rstd = inverse;
}

void rmsRowBackward(const double* x, const double* gain, double rstd, const double* dy, double* dx,
                    double* gainGradient, std::size_t n)
{
    double projected = 0;
    for (std::size_t i = 0; i < n; ++i) {
        projected += dy[i] * gain[i] * x[i];
        if (gainGradient)
            gainGradient[i] += dy[i] * x[i] * rstd;
    }
    const double share = projected * rstd * rstd / static_cast<double>(n);
    if (dx)
        for (std::size_t i = 0; i < n; ++i)
            dx[i] = rstd * (dy[i] * gain[i] - x[i] * share);
}

} // namespace

template <class T>
void rmsNormRows(ConstMatrix<T> x, const T* gain, T epsilon, Matrix<T> y, T* rstd)
{
    LORA_ASSERT(x.rows == y.rows && x.cols == y.cols);
    for (std::int64_t r = 0; r < x.rows; ++r) {
        T* rstdOut = rstd ? rstd + r : nullptr;
        const auto n = static_cast<std::size_t>(x.cols);
        if constexpr (std::is_same_v<T, float>)
            simd::rmsNormRow(x.row(r), gain, epsilon, y.row(r), n, rstdOut);
        else
            rmsRow(x.row(r), gain, epsilon, y.row(r), n, rstdOut);
    }
}

template <class T>
void rmsNormRowsBackward(ConstMatrix<T> x, const T* gain, const T* rstd, ConstMatrix<T> dy, Matrix<T> dx,
                         T* gainGradient)
{
    LORA_ASSERT(x.rows == dy.rows && x.cols == dy.cols);
    for (std::int64_t r = 0; r < x.rows; ++r) {
        T* dxRow = dx.isEmpty() ? nullptr : dx.row(r);
        const auto n = static_cast<std::size_t>(x.cols);
        if constexpr (std::is_same_v<T, float>)
            simd::rmsNormRowBackward(x.row(r), gain, rstd[r], dy.row(r), dxRow, gainGradient, n);
        else
            rmsRowBackward(x.row(r), gain, rstd[r], dy.row(r), dxRow, gainGradient, n);
    }
}

template void layerNormRows<float>(ConstMatrix<float>, const float*, const float*, float, Matrix<float>,
                                   float*, float*);
template void layerNormRows<double>(ConstMatrix<double>, const double*, const double*, double, Matrix<double>,
                                    double*, double*);
template void layerNormRowsBackward<float>(ConstMatrix<float>, const float*, const float*, const float*,
                                           ConstMatrix<float>, Matrix<float>, float*, float*);
template void layerNormRowsBackward<double>(ConstMatrix<double>, const double*, const double*, const double*,
                                            ConstMatrix<double>, Matrix<double>, double*, double*);

template void rmsNormRows<float>(ConstMatrix<float>, const float*, float, Matrix<float>, float*);
template void rmsNormRows<double>(ConstMatrix<double>, const double*, double, Matrix<double>, double*);
template void rmsNormRowsBackward<float>(ConstMatrix<float>, const float*, const float*, ConstMatrix<float>,
                                         Matrix<float>, float*);
template void rmsNormRowsBackward<double>(ConstMatrix<double>, const double*, const double*,
                                          ConstMatrix<double>, Matrix<double>, double*);

} // namespace lora
