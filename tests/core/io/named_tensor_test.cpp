#include "core/io/named_tensor.h"

#include "tests/support/expect_error.h"

#include <cmath>
#include <limits>

namespace lora {
namespace {

template <class T>
NamedTensor tensorOf(DataType type, const std::vector<T>& values)
{
    return {"t", type, {static_cast<std::int64_t>(values.size())}, std::as_bytes(std::span(values))};
}

TEST(NamedTensor, HalfPrecisionConvertsExactly)
{
    const std::vector<std::uint16_t> bits = {0x3c00, 0xc000, 0x0001, 0x8001, 0x03ff,
                                             0x7bff, 0x7c00, 0xfc00, 0x8000, 0x3555};
    std::vector<float> out(bits.size());
    tensorOf(DataType::F16, bits).copyTo(std::span(out));
    const std::vector<float> expected = {1.0f,
                                         -2.0f,
                                         0x1p-24f,
                                         -0x1p-24f,
                                         0x3ffp-24f,
                                         65504.0f,
                                         std::numeric_limits<float>::infinity(),
                                         -std::numeric_limits<float>::infinity(),
                                         -0.0f,
                                         0x1.554p-2f};
    for (std::size_t i = 0; i < out.size(); ++i) {
        EXPECT_EQ(out[i], expected[i]) << i;
        EXPECT_EQ(std::signbit(out[i]), std::signbit(expected[i])) << i;
    }
}

TEST(NamedTensor, EveryHalfBecomesTheNumberItsBitsSay)
{
    std::vector<std::uint16_t> bits(65536);
    for (std::size_t i = 0; i < bits.size(); ++i)
        bits[i] = static_cast<std::uint16_t>(i);
    std::vector<double> out(bits.size());
    tensorOf(DataType::F16, bits).copyTo(std::span(out));
    for (int i = 0; i < 65536; ++i) {
        const int exponent = (i >> 10) & 31;
        const int fraction = i & 1023;
        if (exponent == 31) {
            EXPECT_EQ(std::isnan(out[i]), fraction != 0);
            continue;
        }
        const double size = exponent ? std::ldexp(1024 + fraction, exponent - 25) : std::ldexp(fraction, -24);
        ASSERT_EQ(out[i], i & 0x8000 ? -size : size) << i;
    }
}

TEST(NamedTensor, Bfloat16AndDoubleConvert)
{
    std::vector<float> out(2);
    tensorOf<std::uint16_t>(DataType::BF16, {0x3f80, 0xc2f7}).copyTo(std::span(out));
    EXPECT_EQ(out, (std::vector<float>{1.0f, -123.5f}));
    tensorOf<double>(DataType::F64, {0.1, -3.0}).copyTo(std::span(out));
    EXPECT_EQ(out, (std::vector<float>{0.1f, -3.0f}));
    std::vector<double> exact(1);
    tensorOf<double>(DataType::F64, {0.1}).copyTo(std::span(exact));
    EXPECT_EQ(exact[0], 0.1);
}

TEST(NamedTensor, IntegersAreNotReadAsFloatsNorFloatsAsIntegers)
{
    std::vector<float> out(1);
    test::expectError(ErrorKind::BadInput, "expected floating-point numbers",
                      [&] { tensorOf<std::int64_t>(DataType::I64, {1}).copyTo(std::span(out)); });
    test::expectError(ErrorKind::BadInput, "expected integers",
                      [&] { tensorOf<float>(DataType::F32, {1}).toIntegers(); });
    EXPECT_EQ(tensorOf<std::int8_t>(DataType::I8, {-1, 5}).toIntegers(), (std::vector<std::int64_t>{-1, 5}));
    EXPECT_EQ(tensorOf<std::uint8_t>(DataType::U8, {255}).toIntegers(), (std::vector<std::int64_t>{255}));
    test::expectError(ErrorKind::BadInput, "too large",
                      [&] { tensorOf<std::uint64_t>(DataType::U64, {~std::uint64_t{0}}).toIntegers(); });
}

TEST(NamedTensor, AScalarHasOneElement)
{
    EXPECT_EQ((NamedTensor{"s", DataType::F32, {}, {}}.elements()), 1);
    EXPECT_EQ((NamedTensor{"s", DataType::F32, {3, 0}, {}}.elements()), 0);
    EXPECT_EQ(shapeText(std::vector<std::int64_t>{2, 3}), "[2, 3]");
}

} // namespace
} // namespace lora
