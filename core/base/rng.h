#pragma once

#include <cstdint>
#include <string_view>

namespace lora {

/// Counter-based random numbers: the n-th number of a stream is a hash of (seed, stream name, n), so a stream
/// is saved and restored by two integers and streams never influence each other ("head", "shuffle",
/// "dropout", …). Hash: SplitMix64 (Steele, Lea, Flood 2014).
class Rng
{
public:
    Rng(std::uint64_t seed, std::string_view stream);

    std::uint64_t next();
    /// In [0, 1), 53 random bits.
    double uniform();
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// Standard normal (Box–Muller; uses two numbers of the stream each time).
    double normal();
    /// In [0, count), without modulo bias; count must not be 0.
    std::uint64_t below(std::uint64_t count);

    std::uint64_t key() const { return m_key; }
    std::uint64_t counter() const { return m_counter; }
    void setCounter(std::uint64_t counter) { m_counter = counter; }

private:
    std::uint64_t m_key;
    std::uint64_t m_counter = 0;
};

/// One round of SplitMix64's finaliser: a good 64-bit hash of an integer.
std::uint64_t mixBits(std::uint64_t value);

/// Fisher–Yates; the order depends on the stream alone.
template <class Container>
void shuffle(Container& items, Rng& rng)
{
    for (std::size_t i = items.size(); i > 1; --i) {
        using std::swap;
        swap(items[i - 1], items[rng.below(i)]);
    }
}

} // namespace lora
