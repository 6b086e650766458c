#include "core/math/gemm.h"

#include "core/base/error.h"
#include "core/math/elementwise.h"
#include "core/math/packed_gemm.h"

#include <cblas.h>

namespace lora {

namespace {

thread_local std::int64_t threadFlops = 0;

CBLAS_TRANSPOSE blasTranspose(Transpose transpose)
{
    return transpose == Transpose::Yes ? CblasTrans : CblasNoTrans;
}

template <class T>
void blasGemm(Transpose transposeA, Transpose transposeB, std::int64_t k, T alpha, ConstMatrix<T> a,
              ConstMatrix<T> b, T beta, Matrix<T> c)
{
    cblas_dgemm(CblasRowMajor, blasTranspose(transposeA), blasTranspose(transposeB), static_cast<int>(c.rows),
                static_cast<int>(c.cols), static_cast<int>(k), alpha, a.data, static_cast<int>(a.stride),
                b.data, static_cast<int>(b.stride), beta, c.data, static_cast<int>(c.stride));
}

void packedGemm(const GemmKernels& kernels, Transpose transposeA, Transpose transposeB, std::int64_t k,
                float alpha, ConstMatrix<float> a, const void* b, std::int64_t strideB, float beta,
                Matrix<float> c, const float* bias)
{
    packedGemm(kernels, {.isTransposedA = transposeA == Transpose::Yes,
                         .isTransposedB = transposeB == Transpose::Yes,
                         .m = c.rows,
                         .n = c.cols,
                         .k = k,
                         .alpha = alpha,
                         .a = a.data,
                         .strideA = a.stride,
                         .b = b,
                         .strideB = strideB,
                         .beta = beta,
                         .c = c.data,
                         .strideC = c.stride,
                         .bias = bias});
}

/// Checks the shapes, counts, and says whether there is anything to do.
template <class T, class B>
bool begin(Transpose transposeA, Transpose transposeB, ConstMatrix<T> a, ConstMatrix<B> b, Matrix<T> c)
{
    const std::int64_t k = transposeA == Transpose::Yes ? a.rows : a.cols;
    LORA_ASSERT((transposeB == Transpose::Yes ? b.cols : b.rows) == k);
    LORA_ASSERT(c.rows == (transposeA == Transpose::Yes ? a.cols : a.rows));
    LORA_ASSERT(c.cols == (transposeB == Transpose::Yes ? b.rows : b.cols));
    threadFlops += 2 * c.rows * c.cols * k;
    return c.rows > 0 && c.cols > 0;
}

const GemmKernels& bfloat16Kernels()
{
    const GemmKernels* kernels = bfloat16GemmKernels();
    if (!kernels)
        throw Error(ErrorKind::BadUsage, "this processor cannot multiply bfloat16 numbers",
                    "Set training.dtype to float32.");
    return *kernels;
}

} // namespace

template <class T>
void gemm(Transpose transposeA, Transpose transposeB, T alpha, ConstMatrix<T> a, ConstMatrix<T> b, T beta,
          Matrix<T> c)
{
    if (!begin(transposeA, transposeB, a, b, c))
        return;
    const std::int64_t k = transposeA == Transpose::Yes ? a.rows : a.cols;
    if constexpr (std::is_same_v<T, float>)
        packedGemm(floatGemmKernels(), transposeA, transposeB, k, alpha, a, b.data, b.stride, beta, c,
                   nullptr);
    else
        blasGemm(transposeA, transposeB, k, alpha, a, b, beta, c);
}

template <class T>
void multiplyByTransposed(ConstMatrix<T> x, ConstMatrix<T> w, Matrix<T> y, const T* bias)
{
    if (!begin(Transpose::No, Transpose::Yes, x, w, y))
        return;
    if constexpr (std::is_same_v<T, float>) {
        packedGemm(floatGemmKernels(), Transpose::No, Transpose::Yes, x.cols, 1, x, w.data, w.stride, 0, y,
                   bias);
    } else {
        blasGemm(Transpose::No, Transpose::Yes, x.cols, T(1), x, w, T(0), y);
        if (bias)
            addBias<T>(y, bias);
    }
}

void multiplyByTransposed(ConstMatrix<float> x, ConstMatrix<BFloat16> w, Matrix<float> y, const float* bias)
{
    if (begin(Transpose::No, Transpose::Yes, x, w, y))
        packedGemm(bfloat16Kernels(), Transpose::No, Transpose::Yes, x.cols, 1, x, w.data, w.stride, 0, y,
                   bias);
}

void multiply(ConstMatrix<float> x, ConstMatrix<BFloat16> w, float beta, Matrix<float> y)
{
    if (begin(Transpose::No, Transpose::No, x, w, y))
        packedGemm(bfloat16Kernels(), Transpose::No, Transpose::No, x.cols, 1, x, w.data, w.stride, beta, y,
                   nullptr);
}

bool hasBFloat16Products()
{
    return bfloat16GemmKernels() != nullptr;
}

template void multiplyByTransposed<float>(ConstMatrix<float>, ConstMatrix<float>, Matrix<float>,
                                          const float*);
template void multiplyByTransposed<double>(ConstMatrix<double>, ConstMatrix<double>, Matrix<double>,
                                           const double*);
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
