#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lora {

struct ParameterCounts
{
    std::int64_t trainable = 0;
    std::int64_t total = 0; ///< base, adapters and head
};

/// Mean floating-point operations per token of this data set; a multiply-add counts 2. Matrix products only.
struct FlopsPerToken
{
    double forward = 0;
    double activationGradients = 0; ///< with what gradient checkpointing computes once more
    double weightGradients = 0;
    double adapters = 0; ///< everything the low-rank pair costs, forward and backward

    double total() const { return forward + activationGradients + weightGradients + adapters; }
};

struct MemoryBytes
{
    double weights = 0;
    double gradients = 0;
    double optimizer = 0;
    double activations = 0; ///< all workers' arenas at the largest expected batch
    double cache = 0;
    double process = 0; ///< program, libraries and data set, measured before loading the model

    double total() const { return weights + gradients + optimizer + activations + cache + process; }
};

/// What one way of training costs on one model and data set.
struct MethodCost
{
    ParameterCounts parameters;
    std::int64_t adapterBytes =
        0; ///< size of the exported adapter file (of the model file for full fine-tuning)
    FlopsPerToken flopsPerToken;
    double flopsPerEpoch = 0; ///< mean of the planned epochs, as all figures of compute and time
    double prefixSaving = 0;  ///< FLOPs per token not done because the prefix cache has the result
    MemoryBytes memory;
    bool isCheckpointing = false; ///< gradient checkpointing, as configured or because memory is short
    double secondsPerStep = 0;    ///< estimate from a calibration of this machine
    double secondsPerEpoch = 0;   ///< the same
};

/// One reason why the configuration computes less than full fine-tuning.
struct SavingSource
{
    std::string key;   ///< "weight_gradients", "backward_cut", "prefix_cache", "adapters"
    std::string label; ///< "no weight gradients"
    double share = 0;  ///< of full fine-tuning's FLOPs; negative where it costs
};

/// The answer to "what does it save": this configuration beside full fine-tuning of the same model on the
/// same data.
struct CostReport
{
    MethodCost method;
    MethodCost fullFineTuning;
    std::vector<SavingSource> savings; ///< sums to 1 - ratio of FLOPs
    bool isBaselineMeasured = false;   ///< false: estimates

    double parameterRatio() const;
    double computeRatio() const;
    double memoryRatio() const;
    double timeRatio() const;
};

} // namespace lora
