#pragma once

#include "core/lora/training_plan.h"
#include "core/models/model_summary.h"

namespace lora {

/// The role of a linear module in an encoder block, in the order gradients meet them from the top: Output first.
enum class BlockPart { Projection, AttentionOutput, Intermediate, Output };
BlockPart partOf(const ModuleInfo& module);

/// How far down gradients have to flow through a block; the same rules as PostNormBlock::reach, from names alone.
struct BlockReach
{
    bool intoIntermediate = false;
    bool intoAttentionNorm = false;
    bool intoAttentionOutput = false;
    bool intoAttention = false;
};
BlockReach blockReach(const ModelSummary& model, const TrainingPlan& plan, int block, bool isInputGradientWanted);
/// Whether the gradient of the part's output is computed.
bool isGradientReaching(const BlockReach& reach, BlockPart part);
bool isBlockTrained(const ModelSummary& model, const TrainingPlan& plan, int block);

} // namespace lora
