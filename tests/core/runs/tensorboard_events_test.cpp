#include "core/runs/tensorboard_events.h"

#include "core/io/atomic_file.h"
#include "tests/core/runs/sample_runs.h"
#include "tests/support/temporary_folder.h"

#include <bit>
#include <cstring>
#include <set>

#include <gtest/gtest.h>

namespace lora {
namespace {

using namespace test;

/// CRC-32C bit by bit from the polynomial's definition, unreflected, sharing nothing with the table under
/// test.
std::uint32_t crcByDefinition(std::string_view bytes)
{
    std::uint32_t remainder = 0xFFFFFFFFu;
    for (const char character : bytes) {
        for (int bit = 0; bit < 8; ++bit) {
            const bool in = (static_cast<unsigned char>(character) >> bit) & 1;
            const bool top = remainder >> 31;
            remainder = (remainder << 1) ^ (in != top ? 0x1EDC6F41u : 0u);
        }
    }
    std::uint32_t reflected = 0;
    for (int bit = 0; bit < 32; ++bit)
        reflected |= ((remainder >> bit) & 1u) << (31 - bit);
    return ~reflected;
}

std::uint32_t masked(std::uint32_t crc)
{
    return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
}

template <class T>
T take(std::string_view& bytes)
{
    T value;
    EXPECT_GE(bytes.size(), sizeof value);
    std::memcpy(&value, bytes.data(), sizeof value);
    bytes.remove_prefix(sizeof value);
    return value;
}

std::uint64_t takeVarint(std::string_view& bytes)
{
    std::uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        const auto byte = take<std::uint8_t>(bytes);
        value |= std::uint64_t{byte & 0x7Fu} << shift;
        if (byte < 0x80)
            return value;
    }
}

/// A protocol buffer as field number -> raw value (eight and four byte fields as bits).
struct Fields
{
    std::map<std::uint64_t, std::uint64_t> numbers;
    std::map<std::uint64_t, std::string_view> bytes;
};

Fields fieldsOf(std::string_view message)
{
    Fields fields;
    while (!message.empty()) {
        const std::uint64_t key = takeVarint(message);
        switch (key & 7) {
        case 0:
            fields.numbers[key >> 3] = takeVarint(message);
            break;
        case 1:
            fields.numbers[key >> 3] = take<std::uint64_t>(message);
            break;
        case 2: {
            const std::uint64_t length = takeVarint(message);
            fields.bytes[key >> 3] = message.substr(0, length);
            message.remove_prefix(length);
            break;
        }
        default:
            fields.numbers[key >> 3] = take<std::uint32_t>(message);
        }
    }
    return fields;
}

std::vector<std::string> recordsOf(std::string_view file)
{
    std::vector<std::string> records;
    while (!file.empty()) {
        const std::string_view lengthBytes = file.substr(0, 8);
        const auto length = take<std::uint64_t>(file);
        EXPECT_EQ(take<std::uint32_t>(file), masked(crcByDefinition(lengthBytes)));
        records.emplace_back(file.substr(0, length));
        file.remove_prefix(length);
        EXPECT_EQ(take<std::uint32_t>(file), masked(crcByDefinition(records.back())));
    }
    return records;
}

TEST(TensorboardEvents, CrcAgreesWithPublishedVectors)
{
    EXPECT_EQ(crc32c("123456789"), 0xE3069283u);             // the check value of CRC-32C
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);   // RFC 3720, B.4
    EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u); // RFC 3720, B.4
    EXPECT_EQ(crcByDefinition("123456789"), 0xE3069283u);
}

TEST(TensorboardEvents, FileIsFramedRecordsThatBeginWithTheVersion)
{
    const TemporaryFolder folder;
    const TensorboardWriter writer(folder.path());
    const auto records = recordsOf(readFile(writer.path()));
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(fieldsOf(records[0]).bytes.at(3), "brain.Event:2");
    EXPECT_TRUE(writer.path().filename().string().starts_with("events.out.tfevents."));
}

TEST(TensorboardEvents, ScalarsCarryTagStepAndValue)
{
    const TemporaryFolder folder;
    TensorboardWriter writer(folder.path());
    writer.addScalar("loss/train", 300, 0.625);
    const auto records = recordsOf(readFile(writer.path()));
    ASSERT_EQ(records.size(), 2u);
    const Fields event = fieldsOf(records[1]);
    EXPECT_EQ(event.numbers.at(2), 300u);
    EXPECT_GT(std::bit_cast<double>(event.numbers.at(1)), 1.7e9);
    const Fields value = fieldsOf(fieldsOf(event.bytes.at(5)).bytes.at(1));
    EXPECT_EQ(value.bytes.at(1), "loss/train");
    EXPECT_EQ(std::bit_cast<float>(static_cast<std::uint32_t>(value.numbers.at(2))), 0.625f);
}

TEST(TensorboardEvents, AResumedRunTellsWhereItContinues)
{
    const TemporaryFolder folder;
    const TensorboardWriter writer(folder.path(), 41);
    const auto records = recordsOf(readFile(writer.path()));
    ASSERT_EQ(records.size(), 2u);
    const Fields restart = fieldsOf(records[1]);
    EXPECT_EQ(restart.numbers.at(2), 42u);
    EXPECT_EQ(fieldsOf(restart.bytes.at(7)).numbers.at(1), 1u);
}

TEST(TensorboardEvents, ARecordedRunHasItsCurves)
{
    const TemporaryFolder folder;
    recordRun(folder / "run");
    std::multiset<std::string> tags;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "run")) {
        if (!entry.path().filename().string().starts_with("events.out.tfevents"))
            continue;
        for (const std::string& record : recordsOf(readFile(entry.path()))) {
            const Fields event = fieldsOf(record);
            if (event.bytes.contains(5))
                tags.emplace(fieldsOf(fieldsOf(event.bytes.at(5)).bytes.at(1)).bytes.at(1));
        }
    }
    EXPECT_EQ(tags.count("loss/train"), 4u);
    EXPECT_EQ(tags.count("loss/eval"), 2u);
    EXPECT_EQ(tags.count("eval/accuracy"), 2u);
    EXPECT_EQ(tags.count("train/learning_rate"), 4u);
}

} // namespace
} // namespace lora
