#pragma once

#include "core/cost/cost_report.h"
#include "core/lora/training_plan.h"
#include "core/models/model_summary.h"

#include <span>

namespace lora {

/// The share of a batch one worker holds in memory at a time.
struct WorkerShare
{
    double tokens = 0;
    double tokenPairs = 0; ///< Σ length²
    double longest = 0;    ///< tokens of its longest sequence
    double sequences = 0;
    double labelledShare = 0; ///< language modelling: labelled tokens of all tokens
    bool startsAtCut = false; ///< with hidden states from the prefix cache
};

/// The largest share a worker is likely to get: `batchSize` rows as long as an unlucky draw of `lengths`,
/// dealt to `workers`.
WorkerShare largestShare(std::span<const std::int32_t> lengths, int batchSize, int workers);

/// How activations are treated.
struct ActivationUse
{
    double dropout = 0;
    bool isCheckpointing = false; ///< see TrunkPass::setGradientCheckpointing
};

/// Bytes of activations one worker's arena holds at its peak, from the same allocations, in the same order,
/// as the layers make them.
double activationBytes(const ModelSummary& model, const TrainingPlan& plan, const WorkerShare& share,
                       const ActivationUse& use);

/// Peak memory of training: everything but the process itself.
MemoryBytes trainingMemory(const ModelSummary& model, const TrainingPlan& plan, std::int64_t trainable,
                           const WorkerShare& share, int workers, const ActivationUse& use);

} // namespace lora
