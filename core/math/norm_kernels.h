#pragma once

#include "core/math/matrix.h"

namespace lora {

/// y = (x − mean) · rstd · gain + bias per row (Ba et al., arXiv:1607.06450); x, y [rows, cols], gain, bias
/// [cols], mean and rstd [rows] are kept for backward (may be null). y may be x.
template <class T>
void layerNormRows(ConstMatrix<T> x, const T* gain, const T* bias, T epsilon, Matrix<T> y, T* mean, T* rstd);

/// Mirror of layerNormRows. `dx` may be dy and may be empty; gainGradient and biasGradient [cols] are added
/// to and may be null.
template <class T>
void layerNormRowsBackward(ConstMatrix<T> x, const T* gain, const T* mean, const T* rstd, ConstMatrix<T> dy,
                           Matrix<T> dx, T* gainGradient, T* biasGradient);

/// y = x · rstd · gain per row, rstd = 1 / √(mean of x² + epsilon) (Zhang & Sennrich, arXiv:1910.07467).
template <class T>
void rmsNormRows(ConstMatrix<T> x, const T* gain, T epsilon, Matrix<T> y, T* rstd);

/// Mirror of rmsNormRows, with the same freedoms as layerNormRowsBackward.
template <class T>
void rmsNormRowsBackward(ConstMatrix<T> x, const T* gain, const T* rstd, ConstMatrix<T> dy, Matrix<T> dx,
                         T* gainGradient);

} // namespace lora
