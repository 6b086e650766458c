#include "tests/benchmarks/python_random.h"

#include <cmath>

namespace lora::bench {

PythonRandom::PythonRandom(std::uint32_t seed)
{
    // init_by_array of the reference implementation with a key of one word.
    seedWith(19650218);
    std::size_t i = 1;
    for (std::size_t round = 0; round < size; ++round) {
        m_state[i] = (m_state[i] ^ ((m_state[i - 1] ^ (m_state[i - 1] >> 30)) * 1664525u)) + seed;
        if (++i >= size) {
            m_state[0] = m_state[size - 1];
            i = 1;
        }
    }
    for (std::size_t round = 0; round + 1 < size; ++round) {
        m_state[i] = (m_state[i] ^ ((m_state[i - 1] ^ (m_state[i - 1] >> 30)) * 1566083941u)) -
                     static_cast<std::uint32_t>(i);
        if (++i >= size) {
            m_state[0] = m_state[size - 1];
            i = 1;
        }
    }
    m_state[0] = 0x80000000u;
}

void PythonRandom::seedWith(std::uint32_t seed)
{
    m_state[0] = seed;
    for (std::size_t i = 1; i < size; ++i)
        m_state[i] = 1812433253u * (m_state[i - 1] ^ (m_state[i - 1] >> 30)) + static_cast<std::uint32_t>(i);
}

void PythonRandom::refill()
{
    for (std::size_t i = 0; i < size; ++i) {
        const std::uint32_t word = (m_state[i] & 0x80000000u) | (m_state[(i + 1) % size] & 0x7fffffffu);
        m_state[i] = m_state[(i + 397) % size] ^ (word >> 1) ^ ((word & 1u) != 0 ? 0x9908b0dfu : 0u);
    }
    m_used = 0;
}

std::uint32_t PythonRandom::next()
{
    if (m_used == size)
        refill();
    std::uint32_t word = m_state[m_used++];
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c5680u;
    word ^= (word << 15) & 0xefc60000u;
    return word ^ (word >> 18);
}

double PythonRandom::uniform()
{
    const std::uint32_t high = next() >> 5;
    const std::uint32_t low = next() >> 6;
    return (high * 67108864.0 + low) * (1.0 / 9007199254740992.0);
}

double PythonRandom::normal(double mean, double sigma)
{
    // Kinderman and Monahan's ratio of uniforms, as random.normalvariate has it.
    const double magic = 4 * std::exp(-0.5) / std::sqrt(2.0);
    while (true) {
        const double u = uniform();
        const double v = 1.0 - uniform();
        const double z = magic * (u - 0.5) / v;
        if (z * z / 4.0 <= -std::log(v))
            return mean + z * sigma;
    }
}

double PythonRandom::logNormal(double mean, double sigma)
{
    return std::exp(normal(mean, sigma));
}

} // namespace lora::bench
