#include "core/cost/block_reach.h"

#include <algorithm>

namespace lora {

namespace {

void lower(std::optional<BlockStage>& lowest, std::optional<BlockStage> stage)
{
    if (stage && (!lowest || *stage > *lowest))
        lowest = stage;
}

} // namespace

bool isModuleTrained(const TrainingPlan& plan, const ModuleInfo& module)
{
    return plan.isTrained(module.name + ".weight") || plan.isTrained(module.name + ".bias") ||
           plan.adapterOf(module.name);
}

std::string weightNameOf(const ModelSummary& model, const TrainingPlan& plan, const ModuleInfo& module)
{
    if (module.isTied && plan.untiedModule != module.name)
        return model.parameterList.front().name;
    return module.name + ".weight";
}

bool isProjection(const ModelSummary& model, const ModuleInfo& module)
{
    return std::any_of(
        model.parameterList.begin(), model.parameterList.end(), [&](const ParameterInfo& parameter) {
            return parameter.place == WeightPlace::Embeddings && parameter.name == module.name + ".weight";
        });
}

GradientReach::GradientReach(const ModelSummary& model, const TrainingPlan& plan)
    : m_lowestStages(static_cast<std::size_t>(std::max<std::int64_t>(1, model.numBlocks)))
    , m_layers(static_cast<int>(model.numLayers))
{
    bool isBelowBlocksTrained = false;
    std::vector<std::string> projections;
    for (const ModuleInfo& module : model.modules) {
        if (module.stage && isModuleTrained(plan, module))
            lower(m_lowestStages[static_cast<std::size_t>(module.block)], module.stage);
        if (!module.stage && isProjection(model, module)) {
            projections.push_back(module.name);
            isBelowBlocksTrained = isBelowBlocksTrained || isModuleTrained(plan, module);
        }
    }
    for (const ParameterInfo& parameter : model.parameterList) {
        if (!plan.isTrained(parameter.name))
            continue;
        if (parameter.place == WeightPlace::Block)
            lower(m_lowestStages[static_cast<std::size_t>(parameter.block)], parameter.stage);
        if (parameter.place == WeightPlace::AboveBlocks)
            m_isTrunkTrained = true;
        const auto isOfProjection = [&](const std::string& name) {
            return parameter.name.starts_with(name + ".");
        };
        if (parameter.place == WeightPlace::Embeddings)
            (std::any_of(projections.begin(), projections.end(), isOfProjection) ? isBelowBlocksTrained
                                                                                 : m_isEmbeddingTrained) =
                true;
    }
    if (m_isEmbeddingTrained || isBelowBlocksTrained)
        m_lowestLayer = -1;
    else
        while (m_lowestLayer < m_layers && !m_lowestStages[static_cast<std::size_t>(blockOf(m_lowestLayer))])
            ++m_lowestLayer;
    m_isTrunkTrained = m_isTrunkTrained || m_lowestLayer < m_layers;
}

bool GradientReach::isReached(int layer, BlockStage stage) const
{
    if (layer < m_lowestLayer)
        return false;
    const auto& lowest = m_lowestStages[static_cast<std::size_t>(blockOf(layer))];
    return layer > m_lowestLayer || (lowest && stage <= *lowest);
}

bool GradientReach::givesInputGradient(int layer, BlockStage stage) const
{
    if (layer < m_lowestLayer)
        return false;
    const auto& lowest = m_lowestStages[static_cast<std::size_t>(blockOf(layer))];
    return layer > m_lowestLayer || (lowest && stage < *lowest);
}

} // namespace lora
