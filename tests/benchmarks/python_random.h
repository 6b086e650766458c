#pragma once

#include <array>
#include <cstdint>

namespace lora::bench {

/// Python's random.Random: the Mersenne Twister (Matsumoto & Nishimura 1998) seeded with an integer and
/// the distributions drawn from it, number for number. Lets both sides of a comparison draw the same lengths.
class PythonRandom
{
public:
    explicit PythonRandom(std::uint32_t seed);

    /// In [0, 1), 53 bits: random().
    double uniform();
    double normal(double mean, double sigma);
    double logNormal(double mean, double sigma);

private:
    static constexpr std::size_t size = 624;

    void seedWith(std::uint32_t seed);
    void refill();
    std::uint32_t next();

    std::array<std::uint32_t, size> m_state{};
    std::size_t m_used = size;
};

} // namespace lora::bench
