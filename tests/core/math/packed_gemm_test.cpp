#include "core/math/packed_gemm.h"

#include "core/math/gemm.h"
#include "tests/support/random_values.h"

#include <cmath>
#include <tuple>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

struct Shape
{
    std::int64_t m, n, k;
};

/// Below, at and above the sizes of tiles, panels and blocks.
const std::vector<Shape> shapes = {{1, 1, 1},    {5, 3, 7},     {14, 32, 16},  {15, 33, 17}, {13, 8, 300},
                                   {29, 16, 31}, {37, 100, 63}, {3, 513, 9},   {64, 64, 64}, {100, 65, 257},
                                   {7, 40, 600}, {2, 1, 1030},  {30, 530, 270}};

std::vector<float> narrowed(const std::vector<float>& values)
{
    std::vector<float> result;
    for (const float value : values)
        result.push_back(toFloat(toBFloat16(value)));
    return result;
}

std::vector<BFloat16> halved(const std::vector<float>& values)
{
    std::vector<BFloat16> result;
    for (const float value : values)
        result.push_back(toBFloat16(value));
    return result;
}

/// Operands with rows a little longer than needed, and what the product should be in double.
struct Product
{
    Product(Shape s, bool transposedA, bool transposedB)
        : shape(s)
        , isA(transposedA)
        , isB(transposedB)
        , strideA((isA ? s.m : s.k) + 3)
        , strideB((isB ? s.k : s.n) + 5)
        , strideC(s.n + 2)
        , a(randomValues<float>((isA ? s.k : s.m) * strideA, "a"))
        , b(randomValues<float>((isB ? s.n : s.k) * strideB, "b"))
        , c(randomValues<float>(s.m * strideC, "c"))
        , bias(randomValues<float>(s.n, "bias"))
    {}

    GemmProblem problem(const void* bValues, float beta, bool hasBias, std::vector<float>& result) const
    {
        result = c;
        return {isA,     isB,     shape.m, shape.n, shape.k,       0.7f,    a.data(),
                strideA, bValues, strideB, beta,    result.data(), strideC, hasBias ? bias.data() : nullptr};
    }

    void expectNear(const std::vector<float>& result, const std::vector<float>& as,
                    const std::vector<float>& bs, float beta, bool hasBias) const
    {
        for (std::int64_t i = 0; i < shape.m; ++i) {
            for (std::int64_t j = 0; j < shape.n; ++j) {
                double sum = 0;
                double size = 1;
                for (std::int64_t l = 0; l < shape.k; ++l) {
                    const double term = static_cast<double>(as[index(isA ? l : i, isA ? i : l, strideA)]) *
                                        bs[index(isB ? j : l, isB ? l : j, strideB)];
                    sum += term;
                    size += std::abs(term);
                }
                const double expected =
                    0.7f * sum + beta * c[index(i, j, strideC)] + (hasBias ? bias[index(0, j, 0)] : 0);
                ASSERT_NEAR(result[index(i, j, strideC)], expected, 1e-6 * size) << "at " << i << ", " << j;
            }
            for (std::int64_t j = shape.n; j < strideC; ++j)
                ASSERT_EQ(result[index(i, j, strideC)], c[index(i, j, strideC)]) << "written beyond the row";
        }
    }

    static std::size_t index(std::int64_t row, std::int64_t column, std::int64_t stride)
    {
        return static_cast<std::size_t>(row * stride + column);
    }

    Shape shape;
    bool isA, isB;
    std::int64_t strideA, strideB, strideC;
    std::vector<float> a, b, c, bias;
};

class PackedGemm : public testing::TestWithParam<std::tuple<bool, bool>>
{};

TEST_P(PackedGemm, EqualsThreeLoopsForEveryShape)
{
    const auto [isA, isB] = GetParam();
    for (const Shape& shape : shapes)
        for (const float beta : {0.0f, 1.0f, 0.5f}) {
            SCOPED_TRACE(fmt::format("{}x{}x{}, beta {}", shape.m, shape.n, shape.k, beta));
            const Product product(shape, isA, isB);
            std::vector<float> result;
            packedGemm(floatGemmKernels(), product.problem(product.b.data(), beta, beta != 1, result));
            product.expectNear(result, product.a, product.b, beta, beta != 1);
        }
}

TEST_P(PackedGemm, BFloat16EqualsThreeLoopsOverRoundedNumbers)
{
    if (!bfloat16GemmKernels())
        GTEST_SKIP() << "skipped: no bfloat16 products on this processor";
    const auto [isA, isB] = GetParam();
    for (const Shape& shape : shapes)
        for (const float beta : {0.0f, 1.0f}) {
            SCOPED_TRACE(fmt::format("{}x{}x{}, beta {}", shape.m, shape.n, shape.k, beta));
            const Product product(shape, isA, isB);
            const std::vector<BFloat16> halves = halved(product.b);
            std::vector<float> result;
            packedGemm(*bfloat16GemmKernels(), product.problem(halves.data(), beta, beta != 1, result));
            product.expectNear(result, narrowed(product.a), narrowed(product.b), beta, beta != 1);
        }
}

INSTANTIATE_TEST_SUITE_P(Transposes, PackedGemm, testing::Combine(testing::Bool(), testing::Bool()));

TEST(PackedGemm, ARowDoesNotDependOnTheRowsBesideIt)
{
    const std::int64_t m = 61, n = 70, k = 290;
    const std::vector<float> x = randomValues<float>(m * k, "x");
    const std::vector<float> w = randomValues<float>(n * k, "w");
    std::vector<float> all(static_cast<std::size_t>(m * n));
    std::vector<float> some(all.size());
    const ConstMatrix<float> weight(w.data(), n, k);
    multiplyByTransposed<float>({x.data(), m, k}, weight, {all.data(), m, n});
    for (std::int64_t first = 0; first < m; first += 19) {
        const std::int64_t rows = std::min<std::int64_t>(19, m - first);
        multiplyByTransposed<float>({x.data() + first * k, rows, k}, weight,
                                    {some.data() + first * n, rows, n});
    }
    EXPECT_EQ(all, some);
}

TEST(PackedGemm, NothingToMultiplyLeavesBetaTimesCAndBias)
{
    const Product product({4, 5, 0}, false, true);
    std::vector<float> result;
    packedGemm(floatGemmKernels(), product.problem(product.b.data(), 1, true, result));
    product.expectNear(result, product.a, product.b, 1, true);
}

TEST(BFloat16, RoundsToTheNearestAndKeepsWhatItHolds)
{
    EXPECT_EQ(toFloat(toBFloat16(1.0f)), 1.0f);
    EXPECT_EQ(toFloat(toBFloat16(-0.15625f)), -0.15625f);
    EXPECT_EQ(toFloat(toBFloat16(1.0f + 1.0f / 256)), 1.0f) << "a tie goes to the even number";
    EXPECT_EQ(toFloat(toBFloat16(1.0f + 3.0f / 256)), 1.0f + 4.0f / 256);
    EXPECT_TRUE(std::isinf(toFloat(toBFloat16(INFINITY))));
    EXPECT_TRUE(std::isnan(toFloat(toBFloat16(NAN))));
}

} // namespace
} // namespace lora::test
