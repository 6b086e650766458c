#pragma once

#include "core/evidence/reproduction_plan.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// With what somebody wants the article's claims put to the test; what is left out is as `usualExperiment`
/// has it.
struct ReproductionRequest
{
    std::vector<std::string> tasks;                 ///< keys of claims; none: all
    std::string model;                              ///< folder or "builtin:…"
    std::map<std::string, std::string> train, eval; ///< files by the claim's key
    std::vector<std::uint64_t> seeds = {1, 2, 3};
    std::optional<double> learningRate, fullLearningRate;
    std::optional<double> epochs;
    std::optional<int> rank;           ///< with twice as much alpha
    std::vector<std::string> settings; ///< "key=value" of all experiments

    bool operator==(const ReproductionRequest&) const = default;
};

/// Throws lora::Error (BadUsage) for a key there is no claim with.
std::vector<ArticleClaim> claimsOf(const ReproductionRequest& request);
/// Throws lora::Error (BadUsage) for a setting there is none of.
ExperimentConfig experimentOf(const ArticleClaim& claim, const ReproductionRequest& request);
/// Full fine-tuning at the rate asked for, else at the usual one, or at a tenth of LoRA's where that was
/// given.
ReproductionSettings settingsOf(const ReproductionRequest& request);
/// `lora-workbench-cli reproduce …` as it can be typed, without what only says where to write.
std::string commandText(const ReproductionRequest& request);

} // namespace lora
