#pragma once

#include "core/lora/training_plan.h"
#include "core/models/model_summary.h"

namespace lora {

/// How far down gradients flow through a model trained as planned; the rules of the blocks themselves (see
/// BlockStage), from names alone.
class GradientReach
{
public:
    GradientReach(const ModelSummary& model, const TrainingPlan& plan);

    /// Index of the lowest layer with something to train; −1: the embeddings; number of layers: none.
    int lowestLayer() const { return m_lowestLayer; }
    /// Whether anything below the task's head is trained.
    bool isTrunkTrained() const { return m_isTrunkTrained; }
    /// Whether the gradient of the output of a layer's stage is computed.
    bool isReached(int layer, BlockStage stage) const;
    /// Whether the gradient of the input of a layer's stage is computed.
    bool givesInputGradient(int layer, BlockStage stage) const;
    bool isEmbeddingTrained() const { return m_isEmbeddingTrained; }
    /// Layers whose weights are those of block `index` (the same number but where layers share them).
    int blockOf(int layer) const { return layer % static_cast<int>(m_lowestStages.size()); }

private:
    std::vector<std::optional<BlockStage>>
        m_lowestStages; ///< of each block: the lowest with something to train
    int m_layers = 0;
    int m_lowestLayer = 0;
    bool m_isTrunkTrained = false;
    bool m_isEmbeddingTrained = false; ///< the embeddings themselves, not a projection above them
};

/// Whether the module's weight, bias or adapter is trained.
bool isModuleTrained(const TrainingPlan& plan, const ModuleInfo& module);
/// Name of the parameter a module multiplies by: its own, or the word embeddings' while it is tied to them.
std::string weightNameOf(const ModelSummary& model, const TrainingPlan& plan, const ModuleInfo& module);
/// Whether the module lies between embeddings and blocks.
bool isProjection(const ModelSummary& model, const ModuleInfo& module);

} // namespace lora
