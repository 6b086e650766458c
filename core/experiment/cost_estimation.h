#pragma once

#include "core/cost/cost_model.h"

#include <cstdint>
#include <filesystem>
#include <string>

namespace lora {

/// Everything `estimateCost` needs, gathered from the experiment's model and data without training: tokenises
/// the training rows and calibrates this machine (a fraction of a second).
struct CostInputs
{
    WorkloadFacts facts;
    Calibration calibration;
    ExperimentConfig experiment; ///< with what only the model can tell filled in
    std::string trainHash;       ///< of the data, as runs record it
    std::string evalHash;
    std::int64_t evalRows = 0;
};

/// Throws lora::Error when model or data cannot be read.
CostInputs gatherCostInputs(const ExperimentConfig& experiment);

} // namespace lora
