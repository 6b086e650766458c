#pragma once

#include <algorithm>
#include <cstdint>

namespace lora {

/// Tokens of a worker's share of a batch that go through a model together: so many that what their layers
/// keep for backward takes about 128 MiB, at least enough for efficient products. Gradients of the pieces add
/// up, so a step's memory does not grow with the batch, and no work is done twice. A longer sequence is a
/// piece of its own.
inline std::int64_t tokensPerPiece(std::int64_t layers, std::int64_t hidden, std::int64_t intermediate)
{
    constexpr std::int64_t budget = 128 << 20;
    constexpr std::int64_t fewest = 256;
    const std::int64_t bytesPerToken = 4 * layers * (9 * hidden + 2 * intermediate);
    return std::max(fewest, budget / std::max<std::int64_t>(1, bytesPerToken));
}

} // namespace lora
