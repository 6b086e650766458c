#pragma once

#include "core/cost/arena_plan.h"
#include "core/cost/tally.h"

#include <cstdint>
#include <vector>

namespace lora {

// Inside of arena_plan.h: the arena's way through a pass, in sizes alone.

/// What a block's forward keeps for backward.
enum class Kept {
    No,
    Yes,
    Reserved ///< its places were taken ahead (Linear::reserve)
};

/// One pass of the model: its functions mirror those of StackTrunkPass, the blocks and the heads.
class PassTally
{
public:
    PassTally(const ModelSummary& model, const TrainingPlan& plan, const PieceFacts& piece,
              const PassUse& use);
    std::int64_t peak();

private:
    struct Rows
    {
        std::int64_t all, given; ///< tokens, and rows a block gives
        std::int64_t pairs;      ///< of a given row and a token of its sequence
        bool areNeededOnly;
    };

    bool hasDropout() const { return m_use.isTraining && m_use.dropout > 0; }
    bool isTraining() const { return m_use.isTraining; }
    std::vector<const ModuleInfo*> modulesAt(int layer, BlockStage stage) const;
    Rows rowsOf(int layer) const;
    std::int64_t neededRows() const;

    void linear(const ModuleInfo& module, std::int64_t rows, Kept kept);
    bool takeReserved(const ModuleInfo& module, std::int64_t rows);
    void linearBackward(const ModuleInfo& module, std::int64_t rows, bool isInputWanted);
    void norm(std::int64_t rows, bool isCentred, bool isKept);

    // pass_tally_forward.cpp
    void embed();
    void trunk();
    void block(int layer, const Rows& rows, Kept kept);
    void postNormBlock(int layer, const Rows& rows, Kept kept);
    void preNormBlock(int layer, const Rows& rows, Kept kept);
    void attention(const Rows& rows, Kept kept);
    void feedForward(int layer, const Rows& rows, Kept kept);
    // pass_tally_backward.cpp
    void trunkBackward();
    void postNormBackward(int layer, const Rows& rows);
    void preNormBackward(int layer, const Rows& rows);
    void attentionBackward();
    void feedForwardBackward(int layer, const Rows& rows);
    // pass_tally_head.cpp
    void head();
    void vocabularyHead(std::int64_t rows);
    void headBackward();

    void findModules();
    void findWeights();

    const ModelSummary& m_model;
    const TrainingPlan& m_plan;
    const PieceFacts& m_piece;
    PassUse m_use;
    GradientReach m_reach;
    Tally m_tally;
    int m_layers, m_lowest; ///< lowest layer that keeps anything
    /// Columns: hidden, intermediate, all heads' queries, all heads' keys, embeddings.
    std::int64_t m_d, m_f, m_queries, m_keys, m_narrow;
    bool m_hasProjection = false, m_hasEmbeddingNorm = false, m_isCentred = false, m_hasFinalNorm = false;
    bool m_isTrunkTrained;
    bool m_isTransformTrained = false; ///< of a vocabulary head, below its decoder
    std::vector<const ModuleInfo*> m_head;
    const ModuleInfo* m_projection = nullptr; ///< from the embeddings' columns to hidden
};

} // namespace lora
