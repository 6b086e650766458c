#pragma once

#include "core/math/matrix.h"

#include <cstdint>
#include <span>

namespace lora {

// One-pass kernels over rows of numbers. The float versions are vectorised with Google Highway and pick the
// best instruction set at run time; the double versions are plain loops and exist for gradient checks.

/// y += a * x, both [rows, cols].
template <class T>
void addScaled(T a, ConstMatrix<T> x, Matrix<T> y);
/// y = x, both [rows, cols].
template <class T>
void copyRows(ConstMatrix<T> x, Matrix<T> y);
/// y[r, :] += bias for every row; bias [cols].
template <class T>
void addBias(Matrix<T> y, const T* bias);
/// sums[c] += Σ_r x[r, c]: the gradient of a bias.
template <class T>
void addColumnSums(ConstMatrix<T> x, T* sums);

/// y = x · Φ(x), Φ the normal distribution (GELU with the exact erf, Hendrycks & Gimpel, arXiv:1606.08415).
/// The float version computes erf after Abramowitz & Stegun 7.1.26, error below 2e-7. y may be x.
template <class T>
void gelu(ConstMatrix<T> x, Matrix<T> y);
/// dx = dy · gelu'(x); dx may be dy.
template <class T>
void geluBackward(ConstMatrix<T> x, ConstMatrix<T> dy, Matrix<T> dx);
/// y = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))): "gelu_new" of GPT-2. y may be x.
template <class T>
void geluTanh(ConstMatrix<T> x, Matrix<T> y);
template <class T>
void geluTanhBackward(ConstMatrix<T> x, ConstMatrix<T> dy, Matrix<T> dx);
/// y = gate · σ(gate) · up, one pass: SwiGLU without its products (Shazeer, arXiv:2002.05202). y may be gate.
template <class T>
void siluMultiply(ConstMatrix<T> gate, ConstMatrix<T> up, Matrix<T> y);
/// dGate = dy · up · silu'(gate), dUp = dy · silu(gate); dUp may be dy.
template <class T>
void siluMultiplyBackward(ConstMatrix<T> gate, ConstMatrix<T> up, ConstMatrix<T> dy, Matrix<T> dGate,
                          Matrix<T> dUp);
template <class T>
void relu(ConstMatrix<T> x, Matrix<T> y);
template <class T>
void reluBackward(ConstMatrix<T> x, ConstMatrix<T> dy, Matrix<T> dx);
template <class T>
void tanhForward(ConstMatrix<T> x, Matrix<T> y);
/// dx = dy · (1 − y²) with y = tanh(x).
template <class T>
void tanhBackward(ConstMatrix<T> y, ConstMatrix<T> dy, Matrix<T> dx);

/// Inverted dropout: y = x / (1 − p) where a hash of (key, row, column) says keep, else 0. The same key gives
/// the same mask, so backward needs no stored mask. y may be x.
template <class T>
void dropout(ConstMatrix<T> x, double p, std::uint64_t key, Matrix<T> y);

/// Numerically safe softmax of scale · x, row by row, in place.
template <class T>
void softmaxRows(Matrix<T> x, T scale);
/// log Σ exp(x) of a row of n numbers, in two parts: the largest and log Σ exp(x − largest), whose sum would
/// lose what a small loss is made of.
struct LogSumExp
{
    double largest = 0;
    double rest = 0;
};
template <class T>
LogSumExp logSumExp(const T* row, std::int64_t n);
/// row = factor · softmax(row); returns logSumExp of the row as it was.
template <class T>
LogSumExp softmaxRow(T* row, std::int64_t n, T factor);
/// Index of the row's largest number, the first of equal ones.
template <class T>
std::int64_t indexOfLargest(const T* row, std::int64_t n);
/// softmaxRows over what a causal row may see, zero elsewhere: row r stands at position `first` + r and sees
/// the columns up to its position; with `window` > 0 only the last `window` of them.
template <class T>
void softmaxCausalRows(Matrix<T> x, T scale, std::int64_t first, std::int64_t window);
/// dx = scale · p ∘ (dp − Σ p∘dp) row by row, the mirror of softmaxRows; written into dp.
template <class T>
void softmaxRowsBackward(ConstMatrix<T> p, T scale, Matrix<T> dp);

/// One step of AdamW (Loshchilov & Hutter, arXiv:1711.05101) as torch.optim.AdamW computes it; all spans [n].
struct AdamWStep
{
    double learningRate = 0;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weightDecay = 0;
    double gradientScale = 1;   ///< from clipping
    double biasCorrection1 = 1; ///< 1 − beta1^t
    double biasCorrection2 = 1; ///< 1 − beta2^t
};
template <class T>
void adamWUpdate(const AdamWStep& step, std::span<const T> gradient, std::span<T> moment1,
                 std::span<T> moment2, std::span<T> value);

/// Σ x², in double.
template <class T>
double sumOfSquares(std::span<const T> x);

} // namespace lora
