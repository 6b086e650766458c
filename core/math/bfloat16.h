#pragma once

#include <bit>
#include <cstdint>

namespace lora {

/// The upper half of a float: its exponent, and 8 bits of precision (Kalamkar et al., arXiv:1905.12322).
struct BFloat16
{
    std::uint16_t bits = 0;
};

/// Rounds to the nearest, ties to even; NaN stays NaN.
inline BFloat16 toBFloat16(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u)
        return {static_cast<std::uint16_t>((bits >> 16) | 0x40u)};
    return {static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16)};
}

inline float toFloat(BFloat16 value)
{
    return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

} // namespace lora
