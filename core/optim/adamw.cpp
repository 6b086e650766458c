#include "core/optim/adamw.h"

#include <cmath>

namespace lora {

template <class T>
AdamW<T>::AdamW(std::int64_t size, const AdamWSettings& settings)
    : m_settings(settings)
    , m_moment1(static_cast<std::size_t>(size))
    , m_moment2(static_cast<std::size_t>(size))
{}

template <class T>
void AdamW<T>::beginStep(double learningRate, double gradientScale)
{
    ++m_stepsDone;
    m_step = {.learningRate = learningRate,
              .beta1 = m_settings.beta1,
              .beta2 = m_settings.beta2,
              .epsilon = m_settings.epsilon,
              .weightDecay = m_settings.weightDecay,
              .gradientScale = gradientScale,
              .biasCorrection1 = 1.0 - std::pow(m_settings.beta1, static_cast<double>(m_stepsDone)),
              .biasCorrection2 = 1.0 - std::pow(m_settings.beta2, static_cast<double>(m_stepsDone))};
}

template <class T>
void AdamW<T>::update(std::span<const T> gradient, std::int64_t offset, std::span<T> value, double rateRatio)
{
    AdamWStep step = m_step;
    step.learningRate *= rateRatio;
    adamWUpdate<T>(step, gradient, std::span<T>(m_moment1.data() + offset, value.size()),
                   std::span<T>(m_moment2.data() + offset, value.size()), value);
}

template class AdamW<float>;
template class AdamW<double>;

} // namespace lora
