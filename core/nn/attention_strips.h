#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

namespace lora {

/// Causal attention goes through a sequence's queries in strips of this many: the keys after a strip's last
/// token are no product of it, so little more than half of the square is computed. Large enough for products
/// at full rate (a multiple of the kernels' 14 rows), small beside sequences for which it matters.
inline constexpr std::int64_t attentionStrip = 56;

/// Pairs of a query and a key whose score is computed for the queries at `positions` of a sequence,
/// ascending.
inline std::int64_t causalPairs(std::span<const std::int32_t> positions)
{
    std::int64_t pairs = 0;
    const auto count = static_cast<std::int64_t>(positions.size());
    for (std::int64_t first = 0; first < count; first += attentionStrip) {
        const std::int64_t end = std::min(first + attentionStrip, count);
        pairs += (end - first) * (positions[static_cast<std::size_t>(end - 1)] + 1);
    }
    return pairs;
}

/// The same for all tokens of a sequence; without a causal mask its whole square.
inline std::int64_t attendedPairs(std::int64_t length, bool isCausal)
{
    if (!isCausal)
        return length * length;
    std::int64_t pairs = 0;
    for (std::int64_t first = 0; first < length; first += attentionStrip) {
        const std::int64_t end = std::min(first + attentionStrip, length);
        pairs += (end - first) * end;
    }
    return pairs;
}

/// Scores that are computed at a time in a sequence of `length` tokens, at most.
inline std::int64_t attendedAtOnce(std::int64_t length, bool isCausal)
{
    return isCausal ? std::min(attentionStrip, length) * length : length * length;
}

} // namespace lora
