#include "core/io/safetensors.h"

#include "core/base/stopwatch.h"
#include "core/io/atomic_file.h"
#include "tests/support/assets.h"
#include "tests/support/expect_error.h"
#include "tests/support/mutation.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace lora {
namespace {

using test::expectError;
using test::TemporaryFolder;

std::string fileWith(const std::string& header, std::size_t dataBytes, std::uint64_t length)
{
    std::string bytes(8, '\0');
    std::memcpy(bytes.data(), &length, 8);
    return bytes + header + std::string(dataBytes, '\1');
}

std::string fileWith(const std::string& header, std::size_t dataBytes)
{
    return fileWith(header, dataBytes, header.size());
}

void expectRefused(const std::string& bytes, const std::string& part, ErrorKind kind = ErrorKind::BadInput)
{
    const TemporaryFolder folder;
    const auto path = folder.write("bad.safetensors", bytes);
    expectError(kind, part, [&] { SafetensorsFile::open(path); });
    expectError(kind, "bad.safetensors", [&] { SafetensorsFile::open(path); });
}

TEST(Safetensors, WhatIsWrittenIsReadBack)
{
    const TemporaryFolder folder;
    const std::vector<float> a = {1, 2, 3, 4, 5, 6};
    const std::vector<float> b = {-0.5f};
    writeSafetensors(folder / "x.safetensors", {{"z", {2, 3}, a}, {"a", {}, b}, {"empty", {0, 4}, {}}});
    const SafetensorsFile file = SafetensorsFile::open(folder / "x.safetensors");
    ASSERT_EQ(file.tensors().size(), 3u);
    EXPECT_EQ(file.tensors()[0].name, "a");
    EXPECT_EQ(file.metadata().at("format"), "pt");
    const NamedTensor* z = file.find("z");
    ASSERT_TRUE(z);
    EXPECT_EQ(z->shape, (std::vector<std::int64_t>{2, 3}));
    std::vector<float> values(6);
    z->copyTo(std::span(values));
    EXPECT_EQ(values, a);
    EXPECT_TRUE(file.find("a")->shape.empty());
    EXPECT_EQ(file.find("empty")->elements(), 0);
    EXPECT_EQ(file.find("absent"), nullptr);
    const std::string bytes = readFile(folder / "x.safetensors");
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), 8);
    EXPECT_EQ(length % 8, 0u);
}

TEST(Safetensors, AFileWithoutTensorsIsLegal)
{
    const TemporaryFolder folder;
    writeSafetensors(folder / "x.safetensors", {});
    EXPECT_TRUE(SafetensorsFile::open(folder / "x.safetensors").tensors().empty());
    EXPECT_TRUE(SafetensorsFile::open(folder.write("y", fileWith("{}", 0))).tensors().empty());
}

TEST(Safetensors, HeaderLongerThanTheFileIsRefused)
{
    expectRefused(fileWith("{}", 0, 3), "truncated");
    expectRefused(fileWith("{}", 0, 99'999'999), "truncated");
}

TEST(Safetensors, HeaderAboveTheFormatsLimitIsRefused)
{
    expectRefused(fileWith("{}", 0, 100'000'001), "at most 100000000");
    expectRefused(fileWith("{}", 0, ~std::uint64_t{0}), "at most 100000000");
}

TEST(Safetensors, FilesTooShortForALengthAreRefused)
{
    expectRefused("", "at least 8");
    expectRefused("1234567", "at least 8");
    expectRefused(std::string(8, '\0'), "does not start with '{'");
}

TEST(Safetensors, ATruncatedFileIsRefused)
{
    const std::string header = R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})";
    expectRefused(fileWith(header, 15), "outside");
}

TEST(Safetensors, AHeaderThatIsNotJsonIsRefused)
{
    expectRefused(fileWith("{\"a\":", 0), "not valid JSON");
    expectRefused(fileWith("[1]     ", 0), "does not start");
    expectRefused(fileWith("{\"a\xff\":{}}", 0), "not valid JSON");
    expectRefused(fileWith("{} {}", 0), "not valid JSON");
}

TEST(Safetensors, DuplicateKeysAreRefused)
{
    expectRefused(fileWith(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                           R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                           2),
                  "appears twice");
    expectRefused(fileWith(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1),
                  "appears twice");
}

TEST(Safetensors, GapsOverlapsAndTrailingBytesAreRefused)
{
    const std::string start =
        R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],)";
    expectRefused(fileWith(start + R"("data_offsets":[3,5]}})", 5), "a gap");
    expectRefused(fileWith(start + R"("data_offsets":[1,3]}})", 3), "overlap");
    expectRefused(fileWith(start + R"("data_offsets":[2,4]}})", 5), "the tensors cover 4 bytes");
    expectRefused(fileWith(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", 2), "a gap");
}

TEST(Safetensors, ASizeThatContradictsTheShapeIsRefused)
{
    expectRefused(fileWith(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4), "needs 8 bytes");
}

TEST(Safetensors, ShapesThatOverflowAreRefused)
{
    for (const char* shape : {"[4294967296,4294967296]", "[9223372036854775807,2]",
                              "[4294967296,4294967296,0]", "[4611686018427387904]"})
        expectRefused(
            fileWith(std::string(R"({"a":{"dtype":"F32","shape":)") + shape + R"(,"data_offsets":[0,0]}})",
                     0),
            "too large");
}

TEST(Safetensors, SizesThatAreNotWholeNumbersFromZeroAreRefused)
{
    for (const char* shape : {"[-1]", "[1.5]", "[\"1\"]", "[null]", "[18446744073709551615]", "[1e3]"})
        expectRefused(
            fileWith(std::string(R"({"a":{"dtype":"U8","shape":)") + shape + R"(,"data_offsets":[0,1]}})", 1),
            "expected whole numbers");
    for (const char* offsets : {"[-1,0]", "[0]", "[0,1,2]", "3", "[0,0.5]"})
        expectRefused(
            fileWith(std::string(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":)") + offsets + "}}", 1),
            "data_offsets");
    expectRefused(fileWith(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}})", 1), "outside");
}

TEST(Safetensors, MissingFieldsAndWrongTypesAreNamed)
{
    expectRefused(fileWith(R"({"a":{"shape":[1],"data_offsets":[0,1]}})", 1),
                  "tensor \"a\": dtype is missing");
    expectRefused(fileWith(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})", 1), "shape is missing");
    expectRefused(fileWith(R"({"a":{"dtype":"U8","shape":[1]}})", 1), "data_offsets is missing");
    expectRefused(fileWith(R"({"a":[1]})", 1), "expected an object");
    expectRefused(fileWith(R"({"a":1})", 1), "expected an object");
    expectRefused(fileWith(R"({"__metadata__":{"a":1}})", 0), "not a string");
    expectRefused(fileWith(R"({"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}})", 1), "F8_E4M3",
                  ErrorKind::Unsupported);
}

TEST(Safetensors, DeepAndLongHeadersEndQuickly)
{
    const Stopwatch watch;
    expectRefused(fileWith("{\"a\":" + std::string(2'000'000, '['), 0), "nested deeper");
    std::string many = R"({"a":{"dtype":"U8","shape":[1)";
    for (int i = 0; i < 1'000'000; ++i)
        many += ",1";
    expectRefused(fileWith(many + R"(],"data_offsets":[0,1]}})", 1), "a list of more than");
    EXPECT_LT(watch.seconds(), 5.0);
}

TEST(Safetensors, MissingFilesAndFoldersAreRefused)
{
    const TemporaryFolder folder;
    expectError(ErrorKind::FileSystem, "No such file", [&] { SafetensorsFile::open(folder / "absent"); });
    expectError(ErrorKind::FileSystem, "Is a directory", [&] { SafetensorsFile::open(folder.path()); });
}

TEST(Safetensors, DamagedFilesLoadOrAreRefused)
{
    const TemporaryFolder folder;
    const std::vector<float> values(12, 1.0f);
    writeSafetensors(
        folder / "x",
        {{"first", {3, 4}, values}, {"second", {12}, values}, {"third", {1}, {values.data(), 1}}});
    const std::string whole = readFile(folder / "x");
    Rng rng(7, "safetensors");
    const Stopwatch watch;
    int refused = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string damaged = test::mutated(whole, rng);
        if (rng.below(2)) { // half of them with a right length, so that the damage reaches the header
            const std::size_t brace = damaged.rfind('}');
            if (brace != damaged.npos && brace > 8) {
                const std::uint64_t length = brace - 7;
                std::memcpy(damaged.data(), &length, 8);
            }
        }
        const auto path = folder.write(fmt::format("damaged-{}", i), damaged);
        try {
            const SafetensorsFile file = SafetensorsFile::open(path);
            for (const NamedTensor& tensor : file.tensors())
                ASSERT_EQ(tensor.bytes.size(),
                          static_cast<std::size_t>(tensor.elements()) * sizeOf(tensor.type));
        } catch (const Error&) {
            ++refused;
        }
    }
    EXPECT_GT(refused, 1000);
    EXPECT_LT(watch.seconds(), 30.0);
}

TEST(Safetensors, EveryHalfPrecisionNumberIsWrittenBackAsItWas)
{
    std::vector<std::uint16_t> halves;
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits)
        if ((bits & 0x7fff) <= 0x7c00) // all but NaN
            halves.push_back(static_cast<std::uint16_t>(bits));
    NamedTensor tensor{
        "all", DataType::F16, {static_cast<std::int64_t>(halves.size())}, std::as_bytes(std::span(halves))};
    std::vector<float> values(halves.size());
    tensor.copyTo(values);
    const TemporaryFolder folder;
    writeSafetensors(folder / "half.safetensors", {{"all", tensor.shape, values}}, DataType::F16);
    const SafetensorsFile file = SafetensorsFile::open(folder / "half.safetensors");
    ASSERT_EQ(file.tensors().size(), 1U);
    EXPECT_EQ(file.tensors()[0].type, DataType::F16);
    EXPECT_TRUE(std::ranges::equal(file.tensors()[0].bytes, std::as_bytes(std::span(halves))));
}

TEST(Safetensors, HalfPrecisionRoundsToTheNearestAndTiesToEven)
{
    const float tiny = 0x1p-24f;
    const std::vector<float> values{1.0f + 0x1p-11f,   1.0f + 0x1p-10f + 0x1p-11f,
                                    1.0f + 0x1.2p-11f, 65519.0f,
                                    65520.0f,          -1e30f,
                                    1.5f * tiny,       0.5f * tiny,
                                    std::nanf("")};
    const std::vector<float> expected{1.0f,     1.0f + 0x1p-9f, 1.0f + 0x1p-10f, 65504.0f,
                                      INFINITY, -INFINITY,      2 * tiny,        0.0f};
    const TemporaryFolder folder;
    writeSafetensors(folder / "half.safetensors", {{"x", {9}, values}}, DataType::F16);
    const SafetensorsFile file = SafetensorsFile::open(folder / "half.safetensors");
    std::vector<float> read(9);
    file.tensors()[0].copyTo(read);
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_EQ(read[i], expected[i]) << i;
    EXPECT_TRUE(std::isnan(read[8]));
}

TEST(Safetensors, RealModelsAreRead)
{
    SKIP_WITHOUT_ASSETS();
    const auto file =
        SafetensorsFile::open(test::assetsFolder() / "assets/models/english-encoder-small/model.safetensors");
    std::int64_t parameters = 0;
    for (const NamedTensor& tensor : file.tensors())
        parameters += tensor.elements();
    EXPECT_GT(parameters, 5'000'000);
    EXPECT_LT(parameters, 6'000'000);
}

} // namespace
} // namespace lora
