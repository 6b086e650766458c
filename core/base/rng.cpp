#include "core/base/rng.h"

#include <cmath>
#include <numbers>

namespace lora {

namespace {

constexpr std::uint64_t goldenGamma = 0x9E3779B97F4A7C15ull;

std::uint64_t hashText(std::string_view text)
{
    std::uint64_t hash = 0xCBF29CE484222325ull; // FNV-1a
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
    return hash;
}

} // namespace

std::uint64_t mixBits(std::uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9ull;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBull;
    return value ^ (value >> 31);
}

Rng::Rng(std::uint64_t seed, std::string_view stream)
    : m_key(mixBits(mixBits(seed + goldenGamma) ^ hashText(stream)))
{}

std::uint64_t Rng::next()
{
    return mixBits(m_key + goldenGamma * ++m_counter);
}

double Rng::uniform()
{
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Rng::normal()
{
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::uint64_t Rng::below(std::uint64_t count)
{
    // Rejecting the incomplete last range keeps every value equally likely.
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % count;
    std::uint64_t value = next();
    while (value >= limit)
        value = next();
    return value % count;
}

} // namespace lora
