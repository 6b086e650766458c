#pragma once

#include "core/config/model_config.h"
#include "core/nn/needed_rows.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lora {

/// Rotary position embedding (Su et al., arXiv:2104.09864) with the halves of a head as pairs, as Hugging
/// Face's Llama has it: (x_i, x_{i+d/2}) is turned by position · frequency_i.
template <class T>
class RotaryTable
{
public:
    RotaryTable() = default;
    RotaryTable(const RotaryConfig& config, std::int64_t headDim);

    bool exists() const { return !m_frequencies.empty(); }
    /// Makes the table long enough for positions below `length`; a no-op when it is.
    void extendTo(std::int64_t length);

    /// Turns every head of x [tokens, heads · headDim] in place; the tokens of each sequence stand at
    /// `firstPosition`, firstPosition + 1, …
    void apply(Matrix<T> x, std::span<const std::int32_t> offsets, std::int64_t firstPosition) const;
    /// Turns back: the gradient of apply.
    void applyBackward(Matrix<T> dx, std::span<const std::int32_t> offsets) const;
    /// The same for needed rows alone, x [rows, heads · headDim].
    void apply(Matrix<T> x, std::span<const std::int32_t> offsets, const NeededRows& rows) const;
    void applyBackward(Matrix<T> dx, std::span<const std::int32_t> offsets, const NeededRows& rows) const;

private:
    void turnRow(T* row, std::int64_t cols, std::int64_t position, T direction) const;
    void turnRows(Matrix<T> x, std::span<const std::int32_t> offsets, const NeededRows& rows,
                  T direction) const;
    void turn(Matrix<T> x, std::span<const std::int32_t> offsets, std::int64_t firstPosition,
              T direction) const;

    std::vector<double> m_frequencies; ///< [headDim / 2]
    std::vector<T> m_cosines;          ///< [length, headDim / 2]
    std::vector<T> m_sines;
};

} // namespace lora
