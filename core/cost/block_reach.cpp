#include "core/cost/block_reach.h"

#include "core/cost/flop_ledger.h"

namespace lora {

namespace {

std::string blockPrefix(const ModelSummary& model, int block)
{
    for (const ModuleInfo& module : model.modules)
        if (module.block == block)
            return module.name.substr(0, module.name.size() - module.column.size());
    return {};
}

bool isModuleTrained(const TrainingPlan& plan, const std::string& module)
{
    return plan.isTrained(module + ".weight") || plan.isTrained(module + ".bias") || plan.adapterOf(module);
}

} // namespace

BlockPart partOf(const ModuleInfo& module)
{
    if (module.column == "attention.output.dense")
        return BlockPart::AttentionOutput;
    if (module.column == "intermediate.dense")
        return BlockPart::Intermediate;
    return module.column == "output.dense" ? BlockPart::Output : BlockPart::Projection;
}

bool isGradientReaching(const BlockReach& reach, BlockPart part)
{
    switch (part) {
    case BlockPart::Projection:
        return reach.intoAttention;
    case BlockPart::AttentionOutput:
        return reach.intoAttentionOutput;
    case BlockPart::Intermediate:
        return reach.intoIntermediate;
    case BlockPart::Output:
        break;
    }
    return true;
}

BlockReach blockReach(const ModelSummary& model, const TrainingPlan& plan, int block, bool isInputGradientWanted)
{
    const std::string prefix = blockPrefix(model, block);
    BlockReach reach;
    reach.intoAttention = isInputGradientWanted;
    for (const ModuleInfo& module : model.modules)
        if (module.block == block && partOf(module) == BlockPart::Projection && isModuleTrained(plan, module.name))
            reach.intoAttention = true;
    reach.intoAttentionOutput = reach.intoAttention || isModuleTrained(plan, prefix + "attention.output.dense");
    reach.intoAttentionNorm = reach.intoAttentionOutput || isModuleTrained(plan, prefix + "attention.output.LayerNorm");
    reach.intoIntermediate = reach.intoAttentionNorm || isModuleTrained(plan, prefix + "intermediate.dense");
    return reach;
}

bool isBlockTrained(const ModelSummary& model, const TrainingPlan& plan, int block)
{
    const std::string prefix = blockPrefix(model, block);
    for (const ParameterInfo& parameter : model.parameterList)
        if (parameter.name.starts_with(prefix) && plan.isTrained(parameter.name))
            return true;
    for (const AdapterPlan& adapter : plan.adapters)
        if (adapter.module.starts_with(prefix))
            return true;
    return false;
}

int lowestTrainedBlock(const ModelSummary& model, const TrainingPlan& plan)
{
    for (const ParameterInfo& parameter : model.parameterList)
        if (parameter.name.find("embeddings.") != std::string::npos && plan.isTrained(parameter.name))
            return -1;
    int lowest = 0;
    while (lowest < static_cast<int>(model.numLayers) && !isBlockTrained(model, plan, lowest))
        ++lowest;
    return lowest;
}

} // namespace lora
