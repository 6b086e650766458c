#pragma once

#include <cstdint>

namespace lora {

/// Whether workers add to one gradient in turn (GradientTurns) or have one each. Only of weights each pass
/// meets once: not of those layers share, nor of the output embedding, which is met chunk by chunk, nor of
/// word embeddings tied to it.
enum class GradientSharing {
    None,
    Large, ///< of large weights, where that saves enough to be worth the waiting
    All    ///< of all such weights
};

/// Weights of so many numbers are large.
constexpr std::int64_t largeGradient = 1 << 16;

/// Whether large weights of so many numbers in all are worth it.
inline bool isSharingWorthwhile(std::int64_t numbers, int workers)
{
    return workers > 1 && numbers >= 16 * largeGradient;
}

} // namespace lora
