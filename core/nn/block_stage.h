#pragma once

namespace lora {

/// The parts of a transformer block in the order gradients meet them from the top. Whatever is trained at a
/// stage, gradients have to flow through all stages above it, and none below the lowest: the rule of engine
/// and cost ledger alike, in blocks that normalise after and before their parts.
enum class BlockStage {
    OutputNorm,        ///< post-norm blocks
    FeedForwardOutput, ///< output.dense, c_proj, down_proj
    FeedForwardInput,  ///< intermediate.dense, c_fc, gate_proj and up_proj
    MiddleNorm,        ///< between attention and feed-forward
    AttentionOutput,   ///< attention.output.dense, c_proj, o_proj
    AttentionInput,    ///< query, key, value or all in one
    InputNorm          ///< pre-norm blocks
};

} // namespace lora
