#include "core/io/named_tensor.h"

#include "core/base/check.h"
#include "core/base/error.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace lora {

namespace {

template <class T>
T load(const std::byte* at)
{
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

float fromBfloat16(std::uint16_t bits)
{
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
}

/// IEEE 754 half to single precision: exact, including subnormals, infinities and NaN.
float fromHalf(std::uint16_t bits)
{
    const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16;
    const std::uint32_t exponent = (bits >> 10) & 0x1fu;
    const std::uint32_t fraction = bits & 0x3ffu;
    if (exponent == 0x1f)
        return std::bit_cast<float>(sign | 0x7f800000u | (fraction << 13));
    if (exponent != 0)
        return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (fraction << 13));
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign ? -magnitude : magnitude;
}

template <class Out>
void copyFloats(const NamedTensor& tensor, std::span<Out> out)
{
    LORA_ASSERT(static_cast<std::int64_t>(out.size()) == tensor.elements());
    const std::byte* from = tensor.bytes.data();
    const std::size_t count = out.size();
    switch (tensor.type) {
    case DataType::F64:
        for (std::size_t i = 0; i < count; ++i)
            out[i] = static_cast<Out>(load<double>(from + 8 * i));
        return;
    case DataType::F32:
        if constexpr (std::is_same_v<Out, float>) {
            if (count > 0)
                std::memcpy(out.data(), from, count * sizeof(float));
        } else {
            for (std::size_t i = 0; i < count; ++i)
                out[i] = load<float>(from + 4 * i);
        }
        return;
    case DataType::F16:
        for (std::size_t i = 0; i < count; ++i)
            out[i] = fromHalf(load<std::uint16_t>(from + 2 * i));
        return;
    case DataType::BF16:
        for (std::size_t i = 0; i < count; ++i)
            out[i] = fromBfloat16(load<std::uint16_t>(from + 2 * i));
        return;
    default:
        throw Error(ErrorKind::BadInput,
                    fmt::format("tensor \"{}\" holds {} values; expected floating-point numbers", tensor.name,
                                toString(tensor.type)));
    }
}

template <class T>
std::vector<std::int64_t> copyIntegers(const NamedTensor& tensor)
{
    std::vector<std::int64_t> out(tensor.bytes.size() / sizeof(T));
    for (std::size_t i = 0; i < out.size(); ++i) {
        const T value = load<T>(tensor.bytes.data() + sizeof(T) * i);
        if constexpr (std::is_same_v<T, std::uint64_t>) {
            if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                throw Error(ErrorKind::BadInput,
                            fmt::format("tensor \"{}\": value {} at position {} is too large", tensor.name,
                                        value, i));
        }
        out[i] = static_cast<std::int64_t>(value);
    }
    return out;
}

} // namespace

const char* toString(DataType type)
{
    switch (type) {
    case DataType::F64:
        return "F64";
    case DataType::F32:
        return "F32";
    case DataType::F16:
        return "F16";
    case DataType::BF16:
        return "BF16";
    case DataType::I64:
        return "I64";
    case DataType::I32:
        return "I32";
    case DataType::I16:
        return "I16";
    case DataType::I8:
        return "I8";
    case DataType::U64:
        return "U64";
    case DataType::U32:
        return "U32";
    case DataType::U16:
        return "U16";
    case DataType::U8:
        return "U8";
    case DataType::Bool:
        return "BOOL";
    }
    return "";
}

std::size_t sizeOf(DataType type)
{
    switch (type) {
    case DataType::F64:
    case DataType::I64:
    case DataType::U64:
        return 8;
    case DataType::F32:
    case DataType::I32:
    case DataType::U32:
        return 4;
    case DataType::F16:
    case DataType::BF16:
    case DataType::I16:
    case DataType::U16:
        return 2;
    case DataType::I8:
    case DataType::U8:
    case DataType::Bool:
        return 1;
    }
    return 0;
}

std::int64_t NamedTensor::elements() const
{
    std::int64_t product = 1;
    for (const std::int64_t size : shape)
        product *= size;
    return product;
}

void NamedTensor::copyTo(std::span<float> out) const
{
    copyFloats(*this, out);
}
void NamedTensor::copyTo(std::span<double> out) const
{
    copyFloats(*this, out);
}

std::vector<std::int64_t> NamedTensor::toIntegers() const
{
    switch (type) {
    case DataType::I64:
        return copyIntegers<std::int64_t>(*this);
    case DataType::I32:
        return copyIntegers<std::int32_t>(*this);
    case DataType::I16:
        return copyIntegers<std::int16_t>(*this);
    case DataType::I8:
        return copyIntegers<std::int8_t>(*this);
    case DataType::U64:
        return copyIntegers<std::uint64_t>(*this);
    case DataType::U32:
        return copyIntegers<std::uint32_t>(*this);
    case DataType::U16:
        return copyIntegers<std::uint16_t>(*this);
    case DataType::U8:
    case DataType::Bool:
        return copyIntegers<std::uint8_t>(*this);
    default:
        throw Error(ErrorKind::BadInput,
                    fmt::format("tensor \"{}\" holds {} values; expected integers", name, toString(type)));
    }
}

std::string shapeText(std::span<const std::int64_t> shape)
{
    return fmt::format("[{}]", fmt::join(shape, ", "));
}

} // namespace lora
