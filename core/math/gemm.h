#pragma once

#include "core/math/bfloat16.h"
#include "core/math/matrix.h"

#include <cstdint>

namespace lora {

enum class Transpose { No, Yes };

/// C = alpha * op(A) * op(B) + beta * C; op(A) is [m, k], op(B) [k, n], C [m, n]. With beta 0 the old content
/// of C does not matter (it may be NaN). Single-threaded: parallelism is the workers'. In float by our own
/// kernels (packed_gemm.h), in double, which serves gradient checks, by BLAS.
template <class T>
void gemm(Transpose transposeA, Transpose transposeB, T alpha, ConstMatrix<T> a, ConstMatrix<T> b, T beta,
          Matrix<T> c);

/// y = x Wᵀ (+ bias): the forward product of a linear layer; x [n, in], w [out, in], bias [out] or null, y
/// [n, out].
template <class T>
void multiplyByTransposed(ConstMatrix<T> x, ConstMatrix<T> w, Matrix<T> y, const T* bias = nullptr);

/// As above with W in bfloat16: x is rounded to bfloat16, sums are float. Only where `hasBFloat16Products`.
void multiplyByTransposed(ConstMatrix<float> x, ConstMatrix<BFloat16> w, Matrix<float> y,
                          const float* bias = nullptr);
/// y = x W + beta · y with W in bfloat16: the gradient of a linear layer's input; x [n, out], w [out, in], y
/// [n, in].
void multiply(ConstMatrix<float> x, ConstMatrix<BFloat16> w, float beta, Matrix<float> y);
/// Whether this processor multiplies bfloat16 (AVX512-BF16).
bool hasBFloat16Products();

/// Floating-point operations (a multiply-add is 2) of all products on this thread since `resetGemmFlops`;
/// lets a test hold the cost ledger against what was really computed.
std::int64_t gemmFlops();
void resetGemmFlops();
/// Adds another thread's count to this thread's.
void addGemmFlops(std::int64_t flops);

/// Tells BLAS to stay on the calling thread; called once by the worker pool and by programs at start.
void useSingleThreadedBlas();

} // namespace lora
