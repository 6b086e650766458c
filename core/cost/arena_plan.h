#pragma once

#include "core/cost/block_reach.h"

#include <cstdint>
#include <span>

namespace lora {

/// What goes through a model together.
struct PieceFacts
{
    std::int64_t tokens = 0;
    std::int64_t tokenPairs = 0; ///< Σ attendedPairs
    std::int64_t longest = 0;    ///< tokens of the longest sequence
    std::int64_t sequences = 0;
    std::int64_t labelledTokens = 0; ///< language modelling
    std::int64_t labelledPairs = 0;  ///< language modelling: of a labelled token and one it attends to
};

/// Of sequences of these lengths; language modelling: `labelledShare` of every one's tokens is labelled.
PieceFacts pieceFacts(std::span<const std::int32_t> lengths, bool isCausal, double labelledShare = 0);

/// How a model goes through a piece.
struct PassUse
{
    bool isTraining = true;
    double dropout = 0;           ///< of the model's own layers
    double adapterDropout = 0;    ///< lora_dropout
    bool isCheckpointing = false; ///< see TrunkPass::setGradientCheckpointing
    bool isBFloat16 = false;      ///< frozen weights; products by them round what they multiply into a buffer
    bool startsAtCut = false;     ///< from hidden states of the prefix cache, at the lowest trained layer
};

/// Largest extent of a worker's arena on the way through a model and back, in bytes: the allocations of
/// layers, trunk and head one by one, in their order, from sizes alone. Held against Arena::peakBytes by a
/// test for every family, task and method.
double arenaBytes(const ModelSummary& model, const TrainingPlan& plan, const PieceFacts& piece,
                  const PassUse& use);

} // namespace lora
