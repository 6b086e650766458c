#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace lora {

/// Numbers of one optimiser step; one line of metrics.jsonl.
struct StepMetrics
{
    std::int64_t step = 0; ///< counted from 1
    double epoch = 0;      ///< epochs done after this step
    double loss = 0;       ///< mean over the labelled items of the step
    double learningRate = 0;
    double gradNorm = 0; ///< global L2 norm before clipping
    double tokensPerSecond = 0;
    double seconds = 0; ///< since training began, pauses excluded
};

/// Result of one evaluation; step 0 is the untuned model. Keys are Hugging Face's without the "eval_" prefix:
/// "loss", "accuracy", "f1", "matthews_correlation", …
struct EvalMetrics
{
    std::int64_t step = 0;
    double epoch = 0;
    double seconds = 0;
    std::map<std::string, double> values;

    double value(const std::string& key) const
    {
        const auto found = values.find(key);
        return found == values.end() ? 0.0 : found->second;
    }
};

} // namespace lora
