#pragma once

#include "core/runs/append_file.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace lora {

/// CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of `bytes`, as in RFC 3720.
std::uint32_t crc32c(std::string_view bytes);

/// One TFRecord: length (uint64, little-endian), masked CRC of the length, data, masked CRC of the data.
std::string tfRecord(std::string_view data);

/// Writes TensorBoard scalars: one events.out.tfevents.<seconds>.<host>.<pid>.<n> file of TFRecords, each an
/// `Event` protocol buffer with one `simple_value`. Every call reaches the file whole; throws as AppendFile
/// does.
class TensorboardWriter
{
public:
    /// `resumedAfterStep` >= 0 tells TensorBoard to forget what earlier files say about later steps.
    explicit TensorboardWriter(const std::filesystem::path& folder, std::int64_t resumedAfterStep = -1);

    void addScalar(std::string_view tag, std::int64_t step, double value);

    const std::filesystem::path& path() const { return m_file.path(); }

private:
    AppendFile m_file;
};

} // namespace lora
