#include "core/train/divergence_monitor.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr double smoothing = 0.9;
constexpr int patience = 25;

/// Losses are nats per item: a run that had reached `lowest` and stays above this has lost what it learned.
double ceiling(double lowest)
{
    return 4 * lowest + 2;
}

} // namespace

std::string DivergenceMonitor::check(double loss, double gradNorm)
{
    if (!std::isfinite(loss))
        return fmt::format("the loss is {}", loss);
    if (!std::isfinite(gradNorm))
        return fmt::format("the gradient norm is {}", gradNorm);
    m_smoothed = m_seen == 0 ? loss : smoothing * m_smoothed + (1 - smoothing) * loss;
    m_lowest = m_seen == 0 ? loss : std::min(m_lowest, m_smoothed);
    ++m_seen;
    m_stepsAbove = m_smoothed > ceiling(m_lowest) ? m_stepsAbove + 1 : 0;
    if (m_stepsAbove < patience)
        return {};
    return fmt::format("the loss has been near {:.3g} for {} steps after it had been down to {:.3g}",
                       m_smoothed, patience, m_lowest);
}

} // namespace lora
