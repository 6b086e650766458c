#include "core/analysis/low_rank.h"
#include "core/base/stopwatch.h"
#include "tests/support/expect_error.h"
#include "tests/support/random_values.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

struct Pair
{
    std::int64_t out = 0;
    std::int64_t in = 0;
    std::int64_t r = 0;
    std::vector<float> a = randomValues<float>(r * in, "a");
    std::vector<float> b = randomValues<float>(out * r, "b");

    ConstMatrix<float> aView() const { return {a.data(), r, in}; }
    ConstMatrix<float> bView() const { return {b.data(), out, r}; }
};

/// s · B A in double.
std::vector<double> multiplied(const std::vector<float>& b, const std::vector<float>& a, std::int64_t out,
                               std::int64_t r, std::int64_t in, double scaling)
{
    std::vector<double> product(static_cast<std::size_t>(out * in));
    for (std::int64_t i = 0; i < out; ++i)
        for (std::int64_t k = 0; k < r; ++k)
            for (std::int64_t j = 0; j < in; ++j)
                product[static_cast<std::size_t>(i * in + j)] += scaling *
                                                                 b[static_cast<std::size_t>(i * r + k)] *
                                                                 a[static_cast<std::size_t>(k * in + j)];
    return product;
}

std::vector<double> rebuilt(const LowRankSvd& svd)
{
    std::vector<double> matrix(static_cast<std::size_t>(svd.out * svd.in));
    for (std::int64_t i = 0; i < svd.out; ++i)
        for (std::int64_t k = 0; k < svd.size(); ++k)
            for (std::int64_t j = 0; j < svd.in; ++j)
                matrix[static_cast<std::size_t>(i * svd.in + j)] +=
                    svd.left[static_cast<std::size_t>(i * svd.size() + k)] *
                    svd.values[static_cast<std::size_t>(k)] *
                    svd.right[static_cast<std::size_t>(k * svd.in + j)];
    return matrix;
}

double distance(const std::vector<double>& x, const std::vector<double>& y)
{
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
        sum += (x[i] - y[i]) * (x[i] - y[i]);
    return std::sqrt(sum);
}

double norm(const std::vector<double>& x)
{
    return distance(x, std::vector<double>(x.size()));
}

std::vector<float> toFloat(const std::vector<double>& values)
{
    return {values.begin(), values.end()};
}

double largestDeviationFromOrthonormal(const LowRankSvd& svd)
{
    double worst = 0;
    for (std::int64_t i = 0; i < svd.size(); ++i)
        for (std::int64_t j = 0; j < svd.size(); ++j) {
            double left = 0;
            double right = 0;
            for (std::int64_t k = 0; k < svd.out; ++k)
                left += svd.left[static_cast<std::size_t>(k * svd.size() + i)] *
                        svd.left[static_cast<std::size_t>(k * svd.size() + j)];
            for (std::int64_t k = 0; k < svd.in; ++k)
                right += svd.right[static_cast<std::size_t>(i * svd.in + k)] *
                         svd.right[static_cast<std::size_t>(j * svd.in + k)];
            worst = std::max({worst, std::abs(left - (i == j)), std::abs(right - (i == j))});
        }
    return worst;
}

} // namespace

TEST(LowRank, FactorsGiveTheSameDecompositionAsTheDenseProduct)
{
    for (const Pair& pair : {Pair{20, 31, 5}, Pair{31, 20, 5}, Pair{6, 40, 6}, Pair{4, 7, 9}}) {
        const LowRankSvd factored = svdOfProduct(pair.bView(), pair.aView(), 0.5, "m");
        const std::vector<double> dense = multiplied(pair.b, pair.a, pair.out, pair.r, pair.in, 0.5);
        const std::vector<float> rounded = toFloat(dense);
        const LowRankSvd direct = svdOfDense({rounded.data(), pair.out, pair.in}, pair.out, "m");
        EXPECT_LT(distance(rebuilt(factored), dense), 1e-12 * norm(dense));
        EXPECT_LT(largestDeviationFromOrthonormal(factored), 1e-12);
        EXPECT_NEAR(factored.norm, norm(dense), 1e-12 * norm(dense));
        for (std::int64_t i = 0; i < factored.size(); ++i)
            EXPECT_NEAR(factored.values[static_cast<std::size_t>(i)],
                        direct.values[static_cast<std::size_t>(i)], 1e-6 * factored.values[0]);
    }
}

TEST(LowRank, ErrorOfTheTruncationIsTheTailOfTheSpectrum)
{
    const Pair pair{24, 17, 8};
    const LowRankSvd svd = svdOfProduct(pair.bView(), pair.aView(), 2, "m");
    const std::vector<double> whole = multiplied(pair.b, pair.a, pair.out, pair.r, pair.in, 2);
    for (std::int64_t rank = 1; rank <= 8; ++rank) {
        const LowRankFactors cut = truncated(svd, rank, 3);
        const std::vector<double> small = multiplied(cut.b, cut.a, pair.out, rank, pair.in, 3);
        double tail = 0;
        for (std::size_t i = static_cast<std::size_t>(rank); i < svd.values.size(); ++i)
            tail += svd.values[i] * svd.values[i];
        EXPECT_NEAR(distance(whole, small), std::sqrt(tail), 1e-5 * norm(whole)) << rank;
        EXPECT_NEAR(truncationError(svd, rank), std::sqrt(tail) / norm(whole), 1e-12) << rank;
    }
}

TEST(LowRank, NoOtherMatrixOfThatRankComesNearer)
{
    const Pair pair{12, 15, 6};
    const LowRankSvd svd = svdOfProduct(pair.bView(), pair.aView(), 1, "m");
    const std::vector<double> whole = multiplied(pair.b, pair.a, pair.out, pair.r, pair.in, 1);
    const double best = truncationError(svd, 2) * norm(whole);
    const LowRankFactors cut = truncated(svd, 2, 1);
    for (int attempt = 0; attempt < 50; ++attempt) {
        std::vector<float> a = cut.a;
        const std::vector<float> noise =
            randomValues<float>(static_cast<std::int64_t>(a.size()), "noise" + std::to_string(attempt), 0.1);
        for (std::size_t i = 0; i < a.size(); ++i)
            a[i] += noise[i];
        EXPECT_GE(distance(whole, multiplied(cut.b, a, 12, 2, 15, 1)), best * (1 - 1e-6));
    }
}

TEST(LowRank, TruncatedPairsShareTheSingularValuesEqually)
{
    const Pair pair{10, 30, 4};
    const LowRankSvd svd = svdOfProduct(pair.bView(), pair.aView(), 1, "m");
    const LowRankFactors cut = truncated(svd, 3, 0.25);
    for (std::int64_t i = 0; i < 3; ++i) {
        double a = 0;
        double b = 0;
        for (std::int64_t k = 0; k < 30; ++k)
            a += std::pow(cut.a[static_cast<std::size_t>(i * 30 + k)], 2);
        for (std::int64_t k = 0; k < 10; ++k)
            b += std::pow(cut.b[static_cast<std::size_t>(k * 3 + i)], 2);
        EXPECT_NEAR(a, b, 1e-4 * a);
    }
}

TEST(LowRank, DenseMatricesTallWideAndDegenerateAreRebuilt)
{
    for (const auto& [rows, cols] :
         {std::pair{40, 9}, std::pair{9, 40}, std::pair{16, 16}, std::pair{1, 5}}) {
        const std::vector<float> values = randomValues<float>(rows * cols, "dense");
        const LowRankSvd svd = svdOfDense({values.data(), rows, cols}, rows, "m");
        const std::vector<double> expected(values.begin(), values.end());
        EXPECT_LT(distance(rebuilt(svd), expected), 1e-10 * norm(expected));
        EXPECT_TRUE(svd.isComplete);
        const std::vector<double> alone = singularValuesOf({values.data(), rows, cols}, "m");
        for (std::size_t i = 0; i < alone.size(); ++i)
            EXPECT_NEAR(alone[i], svd.values[i], 1e-7 * svd.values[0]);
    }
    const std::vector<float> zeros(12);
    const LowRankSvd nothing = svdOfDense({zeros.data(), 3, 4}, 2, "m");
    EXPECT_EQ(truncationError(nothing, 1), 0);
    EXPECT_EQ(nothing.norm, 0);
    for (const float value : truncated(nothing, 2, 1).b)
        EXPECT_EQ(value, 0);
}

TEST(LowRank, LargeMatricesAreApproximatedAsWellAsExactlyWithTheErrorKnown)
{
    // A decaying spectrum with a flat noise floor, as weight changes have it.
    const std::int64_t rows = exactSide + 20;
    const std::int64_t cols = exactSide + 60;
    const Pair signal{rows, cols, 12};
    std::vector<float> values = randomValues<float>(rows * cols, "floor", 0.02);
    const std::vector<double> smooth = multiplied(signal.b, signal.a, rows, 12, cols, 0.01);
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] += static_cast<float>(smooth[i]);
    const ConstMatrix<float> matrix(values.data(), rows, cols);
    const LowRankSvd leading = svdOfDense(matrix, 8, "m");
    EXPECT_FALSE(leading.isComplete);
    const std::vector<double> all = singularValuesOf(matrix, "m");
    for (std::size_t i = 0; i < 8; ++i)
        EXPECT_NEAR(leading.values[i], all[i], 1e-3 * all[i]) << i;
    EXPECT_NEAR(truncationError(leading, 8), truncationError(all, 8), 1e-4);
    const LowRankFactors cut = truncated(leading, 8, 1);
    const std::vector<double> whole(values.begin(), values.end());
    EXPECT_NEAR(distance(whole, multiplied(cut.b, cut.a, rows, 8, cols, 1)) / norm(whole),
                truncationError(leading, 8), 1e-6);
}

TEST(LowRank, AFeedForwardWeightIsDecomposedInSeconds)
{
    const std::vector<float> values = randomValues<float>(768 * 3072, "weight", 0.02);
    const Stopwatch stopwatch;
    const LowRankSvd svd = svdOfDense({values.data(), 768, 3072}, 768, "m");
    EXPECT_LT(stopwatch.seconds(), 20); // generous: about two, on a busy machine more
    RecordProperty("seconds", std::to_string(stopwatch.seconds()));
    // Marchenko and Pastur: the largest singular value of noise is near σ (√m + √n).
    EXPECT_NEAR(svd.values[0], 0.02 * (std::sqrt(768) + std::sqrt(3072)), 0.02);
}

TEST(LowRank, ImpossibleInputIsRefused)
{
    Pair pair{5, 6, 2};
    expectError(ErrorKind::BadUsage, "rank of 0",
                [&] { truncated(svdOfProduct(pair.bView(), pair.aView(), 1, "m"), 0, 1); });
    expectError(ErrorKind::BadInput, "scaling is 0",
                [&] { truncated(svdOfProduct(pair.bView(), pair.aView(), 1, "m"), 1, 0); });
    expectError(ErrorKind::BadInput, "lora_A has 2 rows", [&] {
        svdOfProduct({pair.b.data(), 2, 5}, pair.aView(), 1, "layer.query");
    });
    pair.a[3] = std::numeric_limits<float>::quiet_NaN();
    expectError(ErrorKind::BadInput, "layer.query",
                [&] { svdOfProduct(pair.bView(), pair.aView(), 1, "layer.query"); });
    pair.a[3] = std::numeric_limits<float>::infinity();
    expectError(ErrorKind::BadInput, "layer.key", [&] { svdOfDense(pair.aView(), 1, "layer.key"); });
    expectError(ErrorKind::BadInput, "layer.key", [&] { singularValuesOf(pair.aView(), "layer.key"); });
}

} // namespace lora::test
