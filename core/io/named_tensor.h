#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lora {

/// Element types of tensor files (safetensors' names).
enum class DataType { F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8, Bool };

const char* toString(DataType type);
std::size_t sizeOf(DataType type);

/// A tensor inside a mapped file: the bytes belong to the file object and live as long as it does. Row-major.
struct NamedTensor
{
    std::string name;
    DataType type = DataType::F32;
    std::vector<std::int64_t> shape; ///< empty: a scalar
    std::span<const std::byte> bytes;

    std::int64_t elements() const;
    /// Copies to float, converting F64, F16 and BF16; throws lora::Error (BadInput) for integer types.
    /// `out.size()` must equal elements().
    void copyTo(std::span<float> out) const;
    void copyTo(std::span<double> out) const;
    /// Copies integer types (I64, I32, …, U8, Bool); throws lora::Error (BadInput) for floating-point types.
    std::vector<std::int64_t> toIntegers() const;
};

/// "[2, 3]"
std::string shapeText(std::span<const std::int64_t> shape);

} // namespace lora
