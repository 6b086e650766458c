#pragma once

#include "core/math/matrix.h"

#include <cstdint>

namespace lora {

enum class Transpose { No, Yes };

/// C = alpha * op(A) * op(B) + beta * C, the only caller of BLAS; op(A) is [m, k], op(B) [k, n], C [m, n].
/// With beta 0 the old content of C does not matter (it may be NaN). Single-threaded: parallelism is the
/// workers' (see nn/README).
template <class T>
void gemm(Transpose transposeA, Transpose transposeB, T alpha, ConstMatrix<T> a, ConstMatrix<T> b, T beta,
          Matrix<T> c);

/// y = x Wᵀ: the forward product of a linear layer; x [n, in], w [out, in], y [n, out].
template <class T>
void multiplyByTransposed(ConstMatrix<T> x, ConstMatrix<T> w, Matrix<T> y)
{
    gemm<T>(Transpose::No, Transpose::Yes, T(1), x, w, T(0), y);
}

/// Floating-point operations (a multiply-add is 2) of all products on this thread since `resetGemmFlops`;
/// lets a test hold the cost ledger against what was really computed.
std::int64_t gemmFlops();
void resetGemmFlops();
/// Adds another thread's count to this thread's.
void addGemmFlops(std::int64_t flops);

/// Tells BLAS to stay on the calling thread; called once by the worker pool and by programs at start.
void useSingleThreadedBlas();

} // namespace lora
