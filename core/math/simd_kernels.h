#pragma once

#include <cstddef>
#include <cstdint>

namespace lora {
struct AdamWStep;
}

/// The float kernels behind elementwise.h and norm_kernels.h, compiled once per instruction set (Google
/// Highway) and chosen at run time. Row-major with strides; for internal use by those two files.
namespace lora::simd {

void addScaled(float a, const float* x, float* y, std::size_t n);
void addBias(float* y, std::size_t rows, std::size_t cols, std::size_t stride, const float* bias);
void addColumnSums(const float* x, std::size_t rows, std::size_t cols, std::size_t stride, float* sums);
void gelu(const float* x, float* y, std::size_t n);
void geluBackward(const float* x, const float* dy, float* dx, std::size_t n);
void geluTanh(const float* x, float* y, std::size_t n);
void geluTanhBackward(const float* x, const float* dy, float* dx, std::size_t n);
void siluMultiply(const float* gate, const float* up, float* y, std::size_t n);
void siluMultiplyBackward(const float* gate, const float* up, const float* dy, float* dGate, float* dUp,
                          std::size_t n);
void rmsNormRow(const float* x, const float* gain, float epsilon, float* y, std::size_t n, float* rstd);
void rmsNormRowBackward(const float* x, const float* gain, float rstd, const float* dy, float* dx,
                        float* gainGradient, std::size_t n);
void tanhForward(const float* x, float* y, std::size_t n);
void dropoutRow(const float* x, float* y, std::size_t n, std::uint32_t rowKey, std::uint32_t threshold,
                float scale);
/// Largest of a row and Σ exp(x − largest).
struct RowExponentials
{
    float largest = 0;
    float total = 0;
};
/// x = factor · softmax(x); what it was made from.
RowExponentials softmaxRow(float* x, std::size_t n, float factor);
RowExponentials exponentialsOfRow(const float* x, std::size_t n);
float largestOfRow(const float* x, std::size_t n);
void softmaxRows(float* x, std::size_t rows, std::size_t cols, std::size_t stride, float scale);
void softmaxRowsBackward(const float* p, std::size_t pStride, float* dp, std::size_t dpStride,
                         std::size_t rows, std::size_t cols, float scale);
void layerNormRow(const float* x, const float* gain, const float* bias, float epsilon, float* y,
                  std::size_t n, float* mean, float* rstd);
void layerNormRowBackward(const float* x, const float* gain, float mean, float rstd, const float* dy,
                          float* dx, float* gainGradient, float* biasGradient, std::size_t n);
void adamW(const AdamWStep& step, const float* gradient, float* moment1, float* moment2, float* value,
           std::size_t n);
double sumOfSquares(const float* x, std::size_t n);

} // namespace lora::simd
