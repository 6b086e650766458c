#include "core/math/gemm.h"
#include "tests/support/random_values.h"

#include <limits>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

/// C = alpha op(A) op(B) + beta C with views into wider storage, against three loops.
void checkProduct(Transpose transposeA, Transpose transposeB, double beta)
{
    constexpr std::int64_t m = 5, k = 7, n = 3, stride = 11;
    const std::vector<double> as = randomValues(stride * stride, "a");
    const std::vector<double> bs = randomValues(stride * stride, "b");
    std::vector<double> cs = randomValues(stride * stride, "c");
    const bool isA = transposeA == Transpose::Yes;
    const bool isB = transposeB == Transpose::Yes;
    const ConstMatrix<double> a(as.data(), isA ? k : m, isA ? m : k, stride);
    const ConstMatrix<double> b(bs.data(), isB ? n : k, isB ? k : n, stride);
    const Matrix<double> c(cs.data(), m, n, stride);
    const std::vector<double> before = cs;
    gemm<double>(transposeA, transposeB, 1.5, a, b, beta, c);
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::int64_t l = 0; l < k; ++l)
                sum += (isA ? a(l, i) : a(i, l)) * (isB ? b(j, l) : b(l, j));
            const double old = before[static_cast<std::size_t>(i * stride + j)];
            EXPECT_NEAR(c(i, j), 1.5 * sum + beta * old, 1e-12);
        }
    EXPECT_EQ(cs[n], before[n]) << "written beyond the view";
}

TEST(Gemm, AllTransposesWithStrides)
{
    for (const Transpose a : {Transpose::No, Transpose::Yes})
        for (const Transpose b : {Transpose::No, Transpose::Yes})
            for (const double beta : {0.0, 1.0, 0.5})
                checkProduct(a, b, beta);
}

TEST(Gemm, BetaZeroOverwritesNotANumber)
{
    const std::vector<float> x = {1, 2, 3, 4};
    std::vector<float> y(4, std::numeric_limits<float>::quiet_NaN());
    multiplyByTransposed<float>({x.data(), 2, 2}, {x.data(), 2, 2}, {y.data(), 2, 2});
    EXPECT_EQ(y, (std::vector<float>{5, 11, 11, 25}));
}

TEST(Gemm, CountsEveryMultiplyAddAsTwo)
{
    const std::vector<float> a(5 * 7, 1.0f);
    const std::vector<float> b(7 * 3, 1.0f);
    std::vector<float> c(5 * 3);
    resetGemmFlops();
    gemm<float>(Transpose::No, Transpose::No, 1, {a.data(), 5, 7}, {b.data(), 7, 3}, 0, {c.data(), 5, 3});
    EXPECT_EQ(gemmFlops(), 2 * 5 * 7 * 3);
    gemm<float>(Transpose::Yes, Transpose::Yes, 1, {a.data(), 7, 5}, {b.data(), 3, 7}, 0, {c.data(), 5, 3});
    EXPECT_EQ(gemmFlops(), 4 * 5 * 7 * 3);
    gemm<float>(Transpose::No, Transpose::No, 1, {a.data(), 0, 7}, {b.data(), 7, 3}, 0, {c.data(), 0, 3});
    EXPECT_EQ(gemmFlops(), 4 * 5 * 7 * 3);
    addGemmFlops(5);
    EXPECT_EQ(gemmFlops(), 4 * 5 * 7 * 3 + 5);
    resetGemmFlops();
    EXPECT_EQ(gemmFlops(), 0);
}

} // namespace
} // namespace lora::test
