#pragma once

#include "core/base/rng.h"
#include "core/math/arena.h"
#include "core/nn/gradient_store.h"
#include "core/nn/needed_rows.h"

#include <cstdint>
#include <span>

namespace lora {

template <class T>
class RotaryTable;

/// What one worker's forward and backward share besides the weights. Layers take their activations and
/// scratch from `arena` and add weight gradients to `gradients`.
template <class T>
struct PassContext
{
    Arena* arena = nullptr;
    GradientStore<T>* gradients = nullptr; ///< null: inference, nothing is kept for backward
    std::span<const std::int32_t> offsets =
        {}; ///< first token of each sequence, and the end; [sequences + 1]
    /// Rows the task's head reads; null: all.
    const NeededRows* neededRows = nullptr;
    const RotaryTable<T>* rotary =
        nullptr;                        ///< families with rotary positions: long enough for every sequence
    std::int64_t firstPosition = 0;     ///< generation: place of the first token in its sequence
    bool isHiddenGradientWanted = true; ///< whether anything below the task's head is trained
    bool isDropoutOn = false;
    std::uint64_t dropoutKey = 0; ///< of this step and worker

    bool isTraining() const { return gradients != nullptr; }
    std::int64_t tokens() const { return offsets.back(); }
    std::int64_t sequences() const { return static_cast<std::int64_t>(offsets.size()) - 1; }
    /// A fresh mask key; layers keep it so that backward draws the same mask.
    std::uint64_t nextDropoutKey() { return mixBits(dropoutKey + 0x9E3779B97F4A7C15ull * ++m_dropouts); }
    void restartDropout(std::uint64_t key)
    {
        dropoutKey = key;
        m_dropouts = 0;
    }
    /// How many keys were drawn so far; going back there draws the same keys again, for a forward pass done
    /// twice.
    std::uint64_t dropoutsDrawn() const { return m_dropouts; }
    void returnTo(std::uint64_t dropoutsDrawn) { m_dropouts = dropoutsDrawn; }

private:
    std::uint64_t m_dropouts = 0;
};

/// Whether a layer has to produce the gradient of its input: not below the lowest trainable weight.
enum class InputGradient { Skip, Write, Add };

} // namespace lora
