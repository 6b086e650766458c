#include "core/nn/rotary_table.h"

#include <cmath>
#include <numbers>

namespace lora {

namespace {

double scaledFrequency(const RotaryConfig& config, double frequency)
{
    if (config.scaling == RotaryConfig::Scaling::None)
        return frequency;
    if (config.scaling == RotaryConfig::Scaling::Linear)
        return frequency / config.factor;
    const double wavelength = 2 * std::numbers::pi / frequency;
    if (wavelength < config.originalMaxPositions / config.highFreqFactor)
        return frequency;
    if (wavelength > config.originalMaxPositions / config.lowFreqFactor)
        return frequency / config.factor;
    const double smooth = (config.originalMaxPositions / wavelength - config.lowFreqFactor) /
                          (config.highFreqFactor - config.lowFreqFactor);
    return (1 - smooth) * frequency / config.factor + smooth * frequency;
}

} // namespace

template <class T>
RotaryTable<T>::RotaryTable(const RotaryConfig& config, std::int64_t headDim)
{
    for (std::int64_t i = 0; i < headDim / 2; ++i) {
        const double exponent = 2.0 * static_cast<double>(i) / static_cast<double>(headDim);
        m_frequencies.push_back(scaledFrequency(config, std::pow(config.theta, -exponent)));
    }
}

template <class T>
void RotaryTable<T>::extendTo(std::int64_t length)
{
    const auto half = static_cast<std::int64_t>(m_frequencies.size());
    const std::int64_t known = half == 0 ? length : static_cast<std::int64_t>(m_cosines.size()) / half;
    for (std::int64_t position = known; position < length; ++position) {
        for (const double frequency : m_frequencies) {
            const double angle = static_cast<double>(position) * frequency;
            m_cosines.push_back(static_cast<T>(std::cos(angle)));
            m_sines.push_back(static_cast<T>(std::sin(angle)));
        }
    }
}

template <class T>
void RotaryTable<T>::apply(Matrix<T> x, std::span<const std::int32_t> offsets,
                           std::int64_t firstPosition) const
{
    turn(x, offsets, firstPosition, T(1));
}

template <class T>
void RotaryTable<T>::applyBackward(Matrix<T> dx, std::span<const std::int32_t> offsets) const
{
    turn(dx, offsets, 0, T(-1));
}

template <class T>
void RotaryTable<T>::apply(Matrix<T> x, std::span<const std::int32_t> offsets, const NeededRows& rows) const
{
    turnRows(x, offsets, rows, T(1));
}

template <class T>
void RotaryTable<T>::applyBackward(Matrix<T> dx, std::span<const std::int32_t> offsets,
                                   const NeededRows& rows) const
{
    turnRows(dx, offsets, rows, T(-1));
}

template <class T>
void RotaryTable<T>::turn(Matrix<T> x, std::span<const std::int32_t> offsets, std::int64_t firstPosition,
                          T direction) const
{
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        for (std::int32_t token = offsets[s]; token < offsets[s + 1]; ++token)
            turnRow(x.row(token), x.cols, firstPosition + token - offsets[s], direction);
}

template <class T>
void RotaryTable<T>::turnRows(Matrix<T> x, std::span<const std::int32_t> offsets, const NeededRows& rows,
                              T direction) const
{
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        for (std::int32_t row = rows.offsets[s]; row < rows.offsets[s + 1]; ++row)
            turnRow(x.row(row), x.cols, rows.tokens[static_cast<std::size_t>(row)] - offsets[s], direction);
}

template <class T>
void RotaryTable<T>::turnRow(T* row, std::int64_t cols, std::int64_t position, T direction) const
{
    const auto half = static_cast<std::int64_t>(m_frequencies.size());
    LORA_ASSERT((position + 1) * half <= static_cast<std::int64_t>(m_cosines.size()));
    const T* cosines = m_cosines.data() + position * half;
    const T* sines = m_sines.data() + position * half;
    for (T* head = row; head < row + cols; head += 2 * half) {
        for (std::int64_t i = 0; i < half; ++i) {
            const T a = head[i];
            const T b = head[i + half];
            head[i] = a * cosines[i] - direction * b * sines[i];
            head[i + half] = b * cosines[i] + direction * a * sines[i];
        }
    }
}

template class RotaryTable<float>;
template class RotaryTable<double>;

} // namespace lora
