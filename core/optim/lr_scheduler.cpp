#include "core/optim/lr_scheduler.h"

#include <cmath>
#include <numbers>

namespace lora {

LrScheduler::LrScheduler(std::string type, double learningRate, std::int64_t totalSteps, double warmupRatio)
    : m_type(std::move(type))
    , m_learningRate(learningRate)
    , m_totalSteps(totalSteps)
    , m_warmupSteps(m_type == "constant"
                        ? 0
                        : static_cast<std::int64_t>(std::ceil(static_cast<double>(totalSteps) * warmupRatio)))
{}

double LrScheduler::at(std::int64_t step) const
{
    const std::int64_t done = step - 1; // the scheduler counts finished steps
    if (done < m_warmupSteps)
        return m_learningRate * static_cast<double>(done) /
               static_cast<double>(std::max<std::int64_t>(1, m_warmupSteps));
    if (m_type == "constant" || m_type == "constant_with_warmup")
        return m_learningRate;
    const double progress = static_cast<double>(done - m_warmupSteps) /
                            static_cast<double>(std::max<std::int64_t>(1, m_totalSteps - m_warmupSteps));
    if (m_type == "cosine")
        return m_learningRate * std::max(0.0, 0.5 * (1.0 + std::cos(std::numbers::pi * progress)));
    return m_learningRate * std::max(0.0, 1.0 - progress);
}

} // namespace lora
