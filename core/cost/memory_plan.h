#pragma once

#include "core/cost/arena_plan.h"
#include "core/cost/cost_report.h"
#include "core/models/gradient_sharing.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lora {

/// How rows are dealt to batches and workers.
struct LoadPlan
{
    int batchSize = 32;
    int workers = 1;
    bool isShuffled = true;
    std::uint64_t seed = 42;
    double batches = 1; ///< of the whole run
    std::int64_t tokensPerPiece = 256;
    bool isCausal = false;
    double labelledShare = 0; ///< language modelling: labelled tokens of all tokens
};

/// For each worker the pieces that may need most memory: with the most tokens and with the most pairs of
/// them, among the first batches the run will make of rows of these lengths.
std::vector<std::vector<PieceFacts>> largestPieces(std::span<const std::int32_t> lengths,
                                                   const LoadPlan& load);

/// What of a model's weights is in memory while it is trained.
struct WeightUse
{
    /// Share of the word embeddings' pages that hold a token of the data: what lies in a mapped file is only
    /// read where it is needed.
    double vocabularyShare = 1;
    std::int64_t positions = 0; ///< rows of the position embeddings in use
    bool isBFloat16 = false;    ///< frozen linear weights and word embeddings in two bytes
};

/// Bytes of weights, adapters with them.
double weightBytes(const ModelSummary& model, const TrainingPlan& plan, const WeightUse& use);

/// Numbers of weights of at least `smallest` whose gradients workers can share, see GradientSharing.
std::int64_t sharedGradientNumbers(const ModelSummary& model, const TrainingPlan& plan,
                                   std::int64_t smallest = largeGradient);
/// Numbers of all workers' gradients, of which `trainable` are to be had.
std::int64_t gradientNumbers(const ModelSummary& model, const TrainingPlan& plan, std::int64_t trainable,
                             int workers);

/// Bytes of all workers' arenas: steps and evaluations take turns with them.
double activationBytes(const ModelSummary& model, const TrainingPlan& plan,
                       std::span<const std::vector<PieceFacts>> pieces, const PassUse& use);

} // namespace lora
