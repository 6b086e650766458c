#include "core/math/gemm.h"

#include <cblas.h>

namespace lora {

namespace {

thread_local std::int64_t threadFlops = 0;

CBLAS_TRANSPOSE blasTranspose(Transpose transpose)
{
    return transpose == Transpose::Yes ? CblasTrans : CblasNoTrans;
}

} // namespace

template <class T>
void gemm(Transpose transposeA, Transpose transposeB, T alpha, ConstMatrix<T> a, ConstMatrix<T> b, T beta,
          Matrix<T> c)
{
    const std::int64_t m = transposeA == Transpose::Yes ? a.cols : a.rows;
    const std::int64_t k = transposeA == Transpose::Yes ? a.rows : a.cols;
    const std::int64_t n = transposeB == Transpose::Yes ? b.rows : b.cols;
    LORA_ASSERT((transposeB == Transpose::Yes ? b.cols : b.rows) == k);
    LORA_ASSERT(c.rows == m && c.cols == n);
    if (m == 0 || n == 0)
        return;
    threadFlops += 2 * m * n * k;
    const auto call = [&](auto function) {
        function(CblasRowMajor, blasTranspose(transposeA), blasTranspose(transposeB), static_cast<int>(m),
                 static_cast<int>(n), static_cast<int>(k), alpha, a.data, static_cast<int>(a.stride), b.data,
                 static_cast<int>(b.stride), beta, c.data, static_cast<int>(c.stride));
    };
    if constexpr (std::is_same_v<T, float>)
        call(cblas_sgemm);
    else
        call(cblas_dgemm);
}

template void gemm<float>(Transpose, Transpose, float, ConstMatrix<float>, ConstMatrix<float>, float,
                          Matrix<float>);
template void gemm<double>(Transpose, Transpose, double, ConstMatrix<double>, ConstMatrix<double>, double,
                           Matrix<double>);

std::int64_t gemmFlops()
{
    return threadFlops;
}
void resetGemmFlops()
{
    threadFlops = 0;
}
void addGemmFlops(std::int64_t flops)
{
    threadFlops += flops;
}
void useSingleThreadedBlas()
{
    openblas_set_num_threads(1);
}

} // namespace lora
