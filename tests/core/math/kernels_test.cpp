#include "core/math/elementwise.h"
#include "core/math/norm_kernels.h"
#include "tests/support/random_values.h"

#include <functional>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

// Every float kernel against its plain double twin: lengths around all vector widths, rows with a stride.

const std::vector<std::int64_t> widths = {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 127, 130};
constexpr std::int64_t rows = 3;

/// The same numbers in float (rows `padding` apart) and in double.
struct Pair
{
    Pair(std::int64_t cols, std::int64_t padding, std::string_view name, double scale = 1)
        : floats(static_cast<std::size_t>(rows * (cols + padding)), -77.0f)
        , doubles(static_cast<std::size_t>(rows * cols))
        , f(floats.data(), rows, cols, cols + padding)
        , d(doubles.data(), rows, cols)
    {
        const std::vector<float> values = randomValues<float>(rows * cols, name, scale);
        for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t c = 0; c < cols; ++c)
                d(r, c) = f(r, c) = values[static_cast<std::size_t>(r * cols + c)];
    }

    void expectNear(double tolerance) const
    {
        for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t c = 0; c < f.cols; ++c)
                ASSERT_NEAR(f(r, c), d(r, c), tolerance * (1 + std::abs(d(r, c))))
                    << "row " << r << ", column " << c << " of " << f.cols;
        for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t c = f.cols; c < f.stride; ++c)
                ASSERT_EQ(f.data[r * f.stride + c], -77.0f) << "written beyond column " << f.cols;
    }

    std::vector<float> floats;
    std::vector<double> doubles;
    Matrix<float> f;
    Matrix<double> d;
};

void forShapes(const std::function<void(std::int64_t cols, std::int64_t padding)>& test)
{
    for (const std::int64_t cols : widths)
        for (const std::int64_t padding : {0, 5})
            test(cols, padding);
}

TEST(Kernels, ActivationsMatchTheirDoubleTwins)
{
    forShapes([](std::int64_t cols, std::int64_t padding) {
        for (const auto& [forFloat, forDouble, tolerance] :
             {std::tuple{&gelu<float>, &gelu<double>, 1e-6}, std::tuple{&relu<float>, &relu<double>, 1e-7},
              std::tuple{&tanhForward<float>, &tanhForward<double>, 1e-6}}) {
            const Pair x(cols, padding, "x", 3);
            const Pair y(cols, padding, "y");
            forFloat(x.f, y.f);
            forDouble(x.d, y.d);
            y.expectNear(tolerance);
            x.expectNear(0);
        }
    });
}

TEST(Kernels, ActivationGradientsMatchAndMayReplaceTheirInput)
{
    forShapes([](std::int64_t cols, std::int64_t padding) {
        for (const auto& [forFloat, forDouble] : {std::pair{&geluBackward<float>, &geluBackward<double>},
                                                  std::pair{&reluBackward<float>, &reluBackward<double>},
                                                  std::pair{&tanhBackward<float>, &tanhBackward<double>}}) {
            const Pair x(cols, padding, "x", 2);
            const Pair dy(cols, padding, "dy");
            forFloat(x.f, dy.f, dy.f);
            forDouble(x.d, dy.d, dy.d);
            dy.expectNear(3e-6);
        }
    });
}

TEST(Kernels, GeluIsRightFromVeryNegativeToVeryPositive)
{
    for (double x = -40; x <= 40; x += 0.0625) {
        const auto in = static_cast<float>(x);
        float out = 0;
        gelu<float>({&in, 1, 1}, {&out, 1, 1});
        const double expected = x * 0.5 * std::erfc(-x / std::sqrt(2.0));
        ASSERT_NEAR(out, expected, 5e-7 * (1 + std::abs(x))) << x;
    }
}

TEST(Kernels, SumsAndScaledSumsMatch)
{
    forShapes([](std::int64_t cols, std::int64_t padding) {
        const Pair x(cols, padding, "x");
        const Pair y(cols, padding, "y");
        addScaled<float>(-1.5f, x.f, y.f);
        addScaled<double>(-1.5, x.d, y.d);
        y.expectNear(1e-6);
        const Pair bias(cols, 0, "bias");
        addBias<float>(y.f, bias.f.data);
        addBias<double>(y.d, bias.d.data);
        y.expectNear(1e-6);
        addColumnSums<float>(y.f, bias.f.data);
        addColumnSums<double>(y.d, bias.d.data);
        bias.expectNear(2e-6);
        copyRows<float>(x.f, y.f);
        copyRows<double>(x.d, y.d);
        y.expectNear(0);
    });
}

TEST(Kernels, SoftmaxAndItsGradientMatch)
{
    forShapes([](std::int64_t cols, std::int64_t padding) {
        const Pair p(cols, padding, "p", 4);
        softmaxRows<float>(p.f, 0.7f);
        softmaxRows<double>(p.d, 0.7);
        p.expectNear(1e-6);
        const Pair dp(cols, padding, "dp");
        softmaxRowsBackward<float>(p.f, 0.7f, dp.f);
        softmaxRowsBackward<double>(p.d, 0.7, dp.d);
        dp.expectNear(2e-6);
    });
}

TEST(Kernels, SoftmaxOfHugeScoresIsFiniteAndSumsToOne)
{
    std::vector<float> x = {1e30f, -1e30f, 1e30f, 3.0f, 88.0f};
    softmaxRows<float>({x.data(), 1, 5}, 1.0f);
    EXPECT_FLOAT_EQ(x[0], 0.5f);
    EXPECT_FLOAT_EQ(x[1], 0.0f);
    EXPECT_FLOAT_EQ(x[2], 0.5f);
    std::vector<float> low(19, -1e4f);
    softmaxRows<float>({low.data(), 1, 19}, 1.0f);
    for (const float p : low)
        EXPECT_NEAR(p, 1.0 / 19, 1e-7);
}

TEST(Kernels, LayerNormAndItsGradientsMatch)
{
    forShapes([](std::int64_t cols, std::int64_t padding) {
        const Pair x(cols, padding, "x", 2);
        const Pair y(cols, padding, "y");
        const Pair weights(cols, 0, "weights"); // rows: gain, bias, gradients
        std::vector<float> meanF(rows), rstdF(rows);
        std::vector<double> meanD(rows), rstdD(rows);
        layerNormRows<float>(x.f, weights.f.row(0), weights.f.row(1), 1e-5f, y.f, meanF.data(), rstdF.data());
        layerNormRows<double>(x.d, weights.d.row(0), weights.d.row(1), 1e-5, y.d, meanD.data(), rstdD.data());
        y.expectNear(1e-5);
        for (std::size_t r = 0; r < rows; ++r) {
            EXPECT_NEAR(meanF[r], meanD[r], 1e-6);
            EXPECT_NEAR(rstdF[r], rstdD[r], 1e-5 * rstdD[r]);
        }
        const Pair dy(cols, padding, "dy");
        const Pair sums(cols, 0, "sums");
        layerNormRowsBackward<float>(x.f, weights.f.row(0), meanF.data(), rstdF.data(), dy.f, dy.f,
                                     sums.f.row(0), sums.f.row(1));
        layerNormRowsBackward<double>(x.d, weights.d.row(0), meanD.data(), rstdD.data(), dy.d, dy.d,
                                      sums.d.row(0), sums.d.row(1));
        // With one or two features the output hardly depends on x: gradients are differences of equals.
        dy.expectNear(cols < 3 ? 1e-2 : 5e-5);
        sums.expectNear(2e-5);
    });
}

TEST(Kernels, LayerNormKeepsItsPrecisionFarFromZero)
{
    std::vector<float> x(33), y(33), gain(33, 1.0f), bias(33, 0.0f);
    for (std::size_t i = 0; i < x.size(); ++i)
        x[i] = 1000.0f + static_cast<float>(i % 2);
    layerNormRows<float>({x.data(), 1, 33}, gain.data(), bias.data(), 1e-12f, {y.data(), 1, 33}, nullptr,
                         nullptr);
    EXPECT_NEAR(y[0], -std::sqrt(16.0 / 17), 1e-3);
    EXPECT_NEAR(y[1], std::sqrt(17.0 / 16), 1e-3);
}

TEST(Kernels, AdamWMatchesItsDoubleTwinOverSeveralSteps)
{
    for (const std::int64_t n : widths) {
        const Pair gradient(n, 0, "gradient");
        const Pair value(n, 0, "value");
        std::vector<float> m1F(value.floats.size()), m2F(value.floats.size());
        std::vector<double> m1D(value.floats.size()), m2D(value.floats.size());
        for (int t = 1; t <= 5; ++t) {
            const AdamWStep step{.learningRate = 0.01,
                                 .weightDecay = 0.1,
                                 .gradientScale = 0.5,
                                 .biasCorrection1 = 1 - std::pow(0.9, t),
                                 .biasCorrection2 = 1 - std::pow(0.999, t)};
            adamWUpdate<float>(step, gradient.floats, m1F, m2F, std::span<float>(value.f.data, m1F.size()));
            adamWUpdate<double>(step, gradient.doubles, m1D, m2D,
                                std::span<double>(value.d.data, m1D.size()));
        }
        value.expectNear(2e-6);
    }
}

TEST(Kernels, SumOfSquaresMatchesOverLongAndOddLengths)
{
    for (const std::int64_t n : {0, 1, 7, 33, 4095, 4096, 4097, 20001}) {
        const std::vector<float> x = randomValues<float>(n, "x");
        double expected = 0;
        for (const float v : x)
            expected += static_cast<double>(v) * v;
        EXPECT_NEAR(sumOfSquares<float>(x), expected, 1e-6 * (1 + expected));
    }
}

TEST(Dropout, MaskIsTheSameInFloatAndDoubleAndForTheSameKey)
{
    forShapes([](std::int64_t cols, std::int64_t padding) {
        const Pair x(cols, padding, "x");
        const Pair y(cols, padding, "y");
        dropout<float>(x.f, 0.3, 1234, y.f);
        dropout<double>(x.d, 0.3, 1234, y.d);
        y.expectNear(1e-6);
        dropout<float>(x.f, 0.3, 1234, x.f); // in place
        for (std::int64_t r = 0; r < rows; ++r)
            for (std::int64_t c = 0; c < cols; ++c)
                ASSERT_EQ(x.f(r, c), y.f(r, c));
    });
}

TEST(Dropout, KeepsItsShareInEveryRowAndColumnAndScalesTheRest)
{
    constexpr std::int64_t n = 400;
    const std::vector<float> ones(n * n, 1.0f);
    std::vector<float> y(n * n);
    for (const double p : {0.1, 0.5, 0.9}) {
        dropout<float>({ones.data(), n, n}, p, 99, {y.data(), n, n});
        std::vector<int> inRow(n), inColumn(n);
        double kept = 0;
        for (std::int64_t i = 0; i < n * n; ++i) {
            const float value = y[static_cast<std::size_t>(i)];
            ASSERT_TRUE(value == 0 || std::abs(value - 1 / (1 - p)) < 1e-5) << value;
            kept += value != 0;
            inRow[static_cast<std::size_t>(i / n)] += value != 0;
            inColumn[static_cast<std::size_t>(i % n)] += value != 0;
        }
        const double deviation = std::sqrt(p * (1 - p) / n); // of one row's share
        EXPECT_NEAR(kept / (n * n), 1 - p, 5 * deviation / std::sqrt(n));
        for (std::size_t i = 0; i < n; ++i) {
            EXPECT_NEAR(inRow[i] / double{n}, 1 - p, 5 * deviation) << "row " << i;
            EXPECT_NEAR(inColumn[i] / double{n}, 1 - p, 5 * deviation) << "column " << i;
        }
    }
}

TEST(Dropout, OtherKeysGiveOtherMasks)
{
    const std::vector<float> ones(256, 1.0f);
    std::vector<float> a(256), b(256);
    dropout<float>({ones.data(), 4, 64}, 0.5, 1, {a.data(), 4, 64});
    dropout<float>({ones.data(), 4, 64}, 0.5, 2, {b.data(), 4, 64});
    int same = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        same += a[i] == b[i];
    EXPECT_NEAR(same, 128, 40);
    dropout<float>({ones.data(), 4, 64}, 0, 1, {a.data(), 4, 64});
    EXPECT_EQ(a, ones);
}

} // namespace
} // namespace lora::test
