#include "core/io/safetensors.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/json_text.h"
#include "core/io/mapped_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

namespace lora {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "safetensors is little-endian and read in place");

namespace {

constexpr std::uint64_t MaxHeaderBytes = 100'000'000; // the format's own limit
constexpr std::size_t MaxDimensions = 32;
constexpr std::size_t MaxNameBytes = 4096;

/// Where in the data buffer a tensor lies: [begin, end).
struct Range
{
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

std::optional<DataType> dataTypeFrom(const std::string& name)
{
    for (int i = 0; i <= static_cast<int>(DataType::Bool); ++i)
        if (name == toString(static_cast<DataType>(i)))
            return static_cast<DataType>(i);
    return std::nullopt;
}

/// Reads the header of one file; every fault is reported with the file and the tensor.
class HeaderReader
{
public:
    HeaderReader(const std::filesystem::path& path, std::span<const std::byte> file)
        : m_path(path)
        , m_file(file)
    {}

    void read()
    {
        const std::string_view header = headerText();
        forEachJsonMember(header, m_path.string(), MaxDimensions,
                          [this](const std::string& key, const json& value) {
                              if (key == "__metadata__")
                                  readMetadata(value);
                              else
                                  readTensor(key, value);
                          });
        checkRanges();
    }

    std::vector<NamedTensor> tensors;
    std::map<std::string, std::string> metadata;

private:
    [[noreturn]] void refuse(const std::string& fault) const
    {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", m_path.string(), fault),
                    "The file is damaged or not a safetensors file; fetch or export it again.");
    }

    std::string_view headerText()
    {
        if (m_file.size() < 8)
            refuse(fmt::format("not a safetensors file: {} bytes, expected at least 8", m_file.size()));
        std::uint64_t length = 0;
        std::memcpy(&length, m_file.data(), 8);
        if (length > MaxHeaderBytes)
            refuse(fmt::format("not a safetensors file: header length {}, at most {} is allowed", length,
                               MaxHeaderBytes));
        if (length > m_file.size() - 8)
            refuse(fmt::format("header length {} exceeds the {} bytes that follow; the file is truncated",
                               length, m_file.size() - 8));
        const std::string_view header(reinterpret_cast<const char*>(m_file.data()) + 8, length);
        if (header.empty() || header.front() != '{')
            refuse("not a safetensors file: the header does not start with '{'");
        m_data = m_file.subspan(8 + length);
        return header;
    }

    void readMetadata(const json& value)
    {
        if (!value.is_object())
            refuse("__metadata__ is not an object of strings");
        for (const auto& [key, text] : value.items()) {
            if (!text.is_string())
                refuse(fmt::format("__metadata__: \"{}\" is not a string", key));
            metadata[key] = text.get<std::string>();
        }
    }

    void readTensor(const std::string& name, const json& value)
    {
        if (name.size() > MaxNameBytes)
            refuse(fmt::format("a tensor name of {} bytes, at most {} are read", name.size(), MaxNameBytes));
        if (!value.is_object())
            refuse(fmt::format("tensor \"{}\": expected an object with dtype, shape and data_offsets", name));
        NamedTensor tensor;
        tensor.name = name;
        tensor.type = readType(name, value);
        tensor.shape = readShape(name, value);
        const Range range = readRange(name, value);
        if (range.end - range.begin != byteSize(tensor))
            refuse(fmt::format("tensor \"{}\": {} of shape {} needs {} bytes, its offsets span {}", name,
                               toString(tensor.type), shapeText(tensor.shape), byteSize(tensor),
                               range.end - range.begin));
        tensor.bytes = m_data.subspan(range.begin, range.end - range.begin);
        m_ranges.push_back(range);
        tensors.push_back(std::move(tensor));
    }

    const json& field(const std::string& name, const json& value, const char* key) const
    {
        const auto found = value.find(key);
        if (found == value.end())
            refuse(fmt::format("tensor \"{}\": {} is missing", name, key));
        return *found;
    }

    DataType readType(const std::string& name, const json& value) const
    {
        const json& type = field(name, value, "dtype");
        if (!type.is_string())
            refuse(fmt::format("tensor \"{}\": dtype is not a string", name));
        if (const auto known = dataTypeFrom(type.get_ref<const std::string&>()))
            return *known;
        throw Error(
            ErrorKind::Unsupported,
            fmt::format(
                "{}: tensor \"{}\" has data type {}; supported are F64, F32, F16, BF16, I64, I32, I16, "
                "I8, U64, U32, U16, U8, BOOL",
                m_path.string(), name, type.get_ref<const std::string&>().substr(0, 40)),
            "Convert the checkpoint to F32, F16 or BF16.");
    }

    std::vector<std::int64_t> readShape(const std::string& name, const json& value) const
    {
        const json& sizes = field(name, value, "shape");
        if (!sizes.is_array())
            refuse(fmt::format("tensor \"{}\": shape is not a list", name));
        std::vector<std::int64_t> shape;
        for (const json& size : sizes) {
            if (!size.is_number_unsigned() ||
                size.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max())
                refuse(fmt::format("tensor \"{}\": shape holds {}, expected whole numbers from 0", name,
                                   size.dump()));
            shape.push_back(size.get<std::int64_t>());
        }
        return shape;
    }

    Range readRange(const std::string& name, const json& value) const
    {
        const json& offsets = field(name, value, "data_offsets");
        if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
            !offsets[1].is_number_unsigned())
            refuse(fmt::format("tensor \"{}\": data_offsets must be two whole numbers", name));
        const Range range{offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>()};
        if (range.begin > range.end || range.end > m_data.size())
            refuse(fmt::format("tensor \"{}\": offsets [{}, {}] lie outside the {} bytes of data", name,
                               range.begin, range.end, m_data.size()));
        return range;
    }

    std::uint64_t byteSize(const NamedTensor& tensor) const
    {
        // In the order NamedTensor::elements multiplies, so that it cannot overflow either.
        std::int64_t product = 1;
        for (const std::int64_t size : tensor.shape)
            if (__builtin_mul_overflow(product, size, &product))
                refuse(fmt::format("tensor \"{}\": shape {} is too large", tensor.name,
                                   shapeText(tensor.shape)));
        std::uint64_t bytes = 0;
        if (__builtin_mul_overflow(static_cast<std::uint64_t>(product), sizeOf(tensor.type), &bytes))
            refuse(fmt::format("tensor \"{}\": shape {} is too large", tensor.name, shapeText(tensor.shape)));
        return bytes;
    }

    /// Sorts the tensors into file order; their ranges must cover the data exactly, without gap or overlap.
    void checkRanges()
    {
        std::vector<std::size_t> order(tensors.size());
        for (std::size_t i = 0; i < order.size(); ++i)
            order[i] = i;
        std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
            return std::tie(m_ranges[a].begin, m_ranges[a].end, tensors[a].name) <
                   std::tie(m_ranges[b].begin, m_ranges[b].end, tensors[b].name);
        });
        std::uint64_t position = 0;
        std::vector<NamedTensor> sorted;
        sorted.reserve(tensors.size());
        for (const std::size_t i : order) {
            if (m_ranges[i].begin != position)
                refuse(fmt::format("tensor \"{}\" starts at byte {} of the data, expected {} ({})",
                                   tensors[i].name, m_ranges[i].begin, position,
                                   m_ranges[i].begin < position ? "tensors overlap" : "a gap"));
            position = m_ranges[i].end;
            sorted.push_back(std::move(tensors[i]));
        }
        if (position != m_data.size())
            refuse(fmt::format("the tensors cover {} bytes, but the file holds {} bytes of data", position,
                               m_data.size()));
        tensors = std::move(sorted);
    }

    const std::filesystem::path& m_path;
    std::span<const std::byte> m_file;
    std::span<const std::byte> m_data;
    std::vector<Range> m_ranges;
};

void checkTensors(const std::vector<TensorToWrite>& tensors)
{
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        const TensorToWrite& tensor = tensors[i];
        std::int64_t product = 1;
        for (const std::int64_t size : tensor.shape)
            product *= size;
        if (product != static_cast<std::int64_t>(tensor.values.size()))
            throw Error(ErrorKind::Internal,
                        fmt::format("tensor \"{}\" of shape {} has {} values", tensor.name,
                                    shapeText(tensor.shape), tensor.values.size()));
        if (i > 0 && tensors[i - 1].name == tensor.name)
            throw Error(ErrorKind::Internal, fmt::format("tensor \"{}\" is written twice", tensor.name));
    }
}

std::string headerOf(const std::vector<TensorToWrite>& tensors, DataType type)
{
    nlohmann::ordered_json header;
    header["__metadata__"] = {{"format", "pt"}};
    std::uint64_t offset = 0;
    for (const TensorToWrite& tensor : tensors) {
        const std::uint64_t end = offset + tensor.values.size() * sizeOf(type);
        // Plain operator[] of an ordered_json searches linearly; names are unique by now.
        header.get_ref<nlohmann::ordered_json::object_t&>().emplace_back(
            tensor.name, nlohmann::ordered_json{{"dtype", toString(type)},
                                                {"shape", tensor.shape},
                                                {"data_offsets", {offset, end}}});
        offset = end;
    }
    std::string text = header.dump();
    text.append((8 - text.size() % 8) % 8, ' ');
    return text;
}

/// IEEE 754 single to half precision, to the nearest and ties to even; too large becomes infinite, NaN stays
/// NaN.
std::uint16_t halfBits(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000);
    const std::uint32_t magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000)
        return static_cast<std::uint16_t>(sign | 0x7e00);
    if (magnitude >= 0x477ff000) // rounds to 2^16 or more
        return static_cast<std::uint16_t>(sign | 0x7c00);
    if (magnitude < 0x38800000) { // below 2^-14: subnormal, in units of 2^-24
        const float units = std::bit_cast<float>(magnitude) * 0x1p24f;
        return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(std::nearbyint(units)));
    }
    const std::uint32_t rounded = magnitude + 0xfff + ((magnitude >> 13) & 1);
    return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000) >> 13));
}

} // namespace

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path)
{
    SafetensorsFile file;
    file.m_path = path;
    file.m_file = MappedFile::open(path);
    HeaderReader reader(path, file.m_file->bytes());
    reader.read();
    file.m_tensors = std::move(reader.tensors);
    file.m_metadata = std::move(reader.metadata);
    for (std::size_t i = 0; i < file.m_tensors.size(); ++i)
        file.m_index[file.m_tensors[i].name] = i;
    return file;
}

const NamedTensor* SafetensorsFile::find(const std::string& name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

void writeSafetensors(const std::filesystem::path& path, std::vector<TensorToWrite> tensors, DataType type)
{
    if (type != DataType::F32 && type != DataType::F16)
        throw Error(ErrorKind::Internal,
                    fmt::format("{}: tensors cannot be written as {}", path.string(), toString(type)));
    std::sort(tensors.begin(), tensors.end(),
              [](const TensorToWrite& a, const TensorToWrite& b) { return a.name < b.name; });
    checkTensors(tensors);
    const std::string header = headerOf(tensors, type);
    const std::uint64_t length = header.size();
    AtomicFile file(path);
    file.write(std::as_bytes(std::span(&length, 1)));
    file.write(header);
    std::vector<std::uint16_t> halves;
    for (const TensorToWrite& tensor : tensors) {
        if (type == DataType::F32) {
            file.write(std::as_bytes(tensor.values));
            continue;
        }
        halves.resize(tensor.values.size());
        std::ranges::transform(tensor.values, halves.begin(), halfBits);
        file.write(std::as_bytes(std::span(halves)));
    }
    file.commit();
}

} // namespace lora
