#pragma once

#include <cstdint>
#include <string>

namespace lora {

/// Learning rate as a pure function of the step, as Hugging Face's get_scheduler computes it. Types: "linear"
/// and "cosine" (warm-up from 0, then down to 0 at the last step), "constant" (no warm-up),
/// "constant_with_warmup".
class LrScheduler
{
public:
    LrScheduler(std::string type, double learningRate, std::int64_t totalSteps, double warmupRatio);

    /// Rate of optimiser step `step`, counted from 1.
    double at(std::int64_t step) const;
    std::int64_t warmupSteps() const { return m_warmupSteps; }

private:
    std::string m_type;
    double m_learningRate;
    std::int64_t m_totalSteps;
    std::int64_t m_warmupSteps;
};

} // namespace lora
