#pragma once

#include <cstdint>
#include <span>

namespace lora {

/// What enters one layer of a trunk, computed before, for every example of a data set: hidden states [tokens,
/// width], the tokens of one example after the other. A view; whoever keeps the values has to outlive it.
struct PrefixRows
{
    const float* values = nullptr;
    std::span<const std::int64_t> firstTokens; ///< of each example, and the number of tokens; [examples + 1]
    std::int64_t width = 0;
    int layer = 0; ///< the layer they enter; the number of layers: they leave the last

    std::int64_t examples() const { return static_cast<std::int64_t>(firstTokens.size()) - 1; }
    std::int64_t length(std::uint32_t example) const
    {
        return firstTokens[example + 1] - firstTokens[example];
    }
    const float* of(std::uint32_t example) const { return values + firstTokens[example] * width; }
};

} // namespace lora
