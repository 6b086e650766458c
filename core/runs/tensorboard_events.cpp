#include "core/runs/tensorboard_events.h"

#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <ctime>

#include <fmt/format.h>
#include <unistd.h>

namespace lora {

namespace {

constexpr std::array<std::uint32_t, 256> crcTable = [] {
    std::array<std::uint32_t, 256> table = {};
    for (std::uint32_t index = 0; index < 256; ++index) {
        std::uint32_t crc = index;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ (crc & 1 ? 0x82F63B78u : 0u);
        table[index] = crc;
    }
    return table;
}();

/// TFRecord's mask: a CRC of data that holds CRCs would be weak.
std::uint32_t maskedCrc(std::string_view bytes)
{
    return std::rotr(crc32c(bytes), 15) + 0xA282EAD8u;
}

template <class Unsigned>
void putLittleEndian(std::string& out, Unsigned value)
{
    for (std::size_t shift = 0; shift < sizeof(Unsigned) * 8; shift += 8)
        out.push_back(static_cast<char>((value >> shift) & 0xFF));
}

// Protocol buffer fields: key = number * 8 + wire type (0 varint, 1 eight bytes, 2 length and bytes, 5 four
// bytes).

void putVarint(std::string& out, std::uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        out.push_back(static_cast<char>((value & 0x7F) | 0x80));
    out.push_back(static_cast<char>(value));
}

void putBytes(std::string& out, unsigned field, std::string_view bytes)
{
    putVarint(out, field * 8 + 2);
    putVarint(out, bytes.size());
    out.append(bytes);
}

void putDouble(std::string& out, unsigned field, double value)
{
    putVarint(out, field * 8 + 1);
    putLittleEndian(out, std::bit_cast<std::uint64_t>(value));
}

void putFloat(std::string& out, unsigned field, float value)
{
    putVarint(out, field * 8 + 5);
    putLittleEndian(out, std::bit_cast<std::uint32_t>(value));
}

void putInteger(std::string& out, unsigned field, std::int64_t value)
{
    putVarint(out, field * 8);
    putVarint(out, static_cast<std::uint64_t>(value));
}

namespace event {
constexpr unsigned wallTime = 1, step = 2, fileVersion = 3, summary = 5, sessionLog = 7;
}

std::string beginEvent(std::int64_t step)
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    std::string out;
    putDouble(out, event::wallTime, std::chrono::duration<double>(now).count());
    if (step != 0)
        putInteger(out, event::step, step);
    return out;
}

std::filesystem::path newEventFile(const std::filesystem::path& folder)
{
    static std::atomic<int> count = 0;
    std::array<char, 256> host = {};
    ::gethostname(host.data(), host.size() - 1);
    return folder / fmt::format("events.out.tfevents.{:010}.{}.{}.{}", std::time(nullptr), host.data(),
                                ::getpid(), count++);
}

} // namespace

std::uint32_t crc32c(std::string_view bytes)
{
    std::uint32_t crc = 0xFFFFFFFFu;
    for (const char byte : bytes)
        crc = (crc >> 8) ^ crcTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF];
    return crc ^ 0xFFFFFFFFu;
}

std::string tfRecord(std::string_view data)
{
    std::string record;
    record.reserve(data.size() + 16);
    putLittleEndian(record, static_cast<std::uint64_t>(data.size()));
    putLittleEndian(record, maskedCrc(record));
    record.append(data);
    putLittleEndian(record, maskedCrc(data));
    return record;
}

TensorboardWriter::TensorboardWriter(const std::filesystem::path& folder, std::int64_t resumedAfterStep)
    : m_file(newEventFile(folder))
{
    std::string version = beginEvent(0);
    putBytes(version, event::fileVersion, "brain.Event:2");
    std::string records = tfRecord(version);
    if (resumedAfterStep >= 0) {
        constexpr std::int64_t start = 1;
        std::string session;
        putInteger(session, 1, start);
        std::string restart = beginEvent(resumedAfterStep + 1);
        putBytes(restart, event::sessionLog, session);
        records += tfRecord(restart);
    }
    m_file.append(records);
}

void TensorboardWriter::addScalar(std::string_view tag, std::int64_t step, double value)
{
    std::string scalar;
    putBytes(scalar, 1, tag);
    putFloat(scalar, 2, static_cast<float>(value));
    std::string summary;
    putBytes(summary, 1, scalar);
    std::string record = beginEvent(step);
    putBytes(record, event::summary, summary);
    m_file.append(tfRecord(record));
}

} // namespace lora
