#pragma once

#include "core/math/elementwise.h"

#include <cstdint>
#include <vector>

namespace lora {

struct AdamWSettings
{
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weightDecay = 0; ///< decoupled, on every trainable parameter
};

/// AdamW (Loshchilov & Hutter, arXiv:1711.05101) over all trainable numbers as one block, laid out like a
/// GradientStore. Ranges are independent of each other, so workers may update them side by side.
template <class T>
class AdamW
{
public:
    AdamW(std::int64_t size, const AdamWSettings& settings);

    /// Starts optimiser step t = stepsDone + 1; call once before its `update`s.
    void beginStep(double learningRate, double gradientScale);
    /// Updates `value`, whose gradient and moments lie at `offset`, with the step's learning rate times
    /// `rateRatio`.
    void update(std::span<const T> gradient, std::int64_t offset, std::span<T> value, double rateRatio = 1);

    std::int64_t stepsDone() const { return m_stepsDone; }
    void setStepsDone(std::int64_t steps) { m_stepsDone = steps; }
    std::vector<T>& moment1() { return m_moment1; }
    std::vector<T>& moment2() { return m_moment2; }

private:
    AdamWSettings m_settings;
    AdamWStep m_step;
    std::int64_t m_stepsDone = 0;
    std::vector<T> m_moment1, m_moment2;
};

} // namespace lora
