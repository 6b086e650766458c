#include "core/cost/flop_ledger.h"

#include "core/cost/block_reach.h"
#include "core/nn/attention_strips.h"

#include <algorithm>

namespace lora {

namespace {

/// x Aᵀ and low Bᵀ; DoRA's dropout also stands in front of a product with W.
double adapterForward(const AdapterPlan& adapter, double in, double out)
{
    return 2 * adapter.r * (in + out) + (adapter.hasMagnitude && adapter.hasDropout ? 2 * in * out : 0);
}

/// The products of a linear module. `isReached`: its output's gradient arrives; `givesInputGradient`:
/// somebody below waits for its input's gradient.
LedgerEntry linearEntry(const ModuleInfo& module, const std::string& weightName, WorkUnit unit,
                        const TrainingPlan& plan, bool isReached, bool givesInputGradient)
{
    const double in = static_cast<double>(module.inFeatures);
    const double out = static_cast<double>(module.outFeatures);
    LedgerEntry entry{module.name, unit, 2 * in * out, 0, 0, 0};
    if (isReached && givesInputGradient)
        entry.activationGradients = 2 * in * out;
    if (isReached && plan.isTrained(weightName))
        entry.weightGradients = 2 * in * out;
    if (const AdapterPlan* adapter = plan.adapterOf(module.name)) {
        const double r = adapter->r;
        entry.adapters = adapterForward(*adapter, in, out);
        entry.adapters += 2 * r * out; // dB
        if (givesInputGradient || !adapter->isAFrozen)
            entry.adapters += 2 * r * out; // dlow
        if (!adapter->isAFrozen)
            entry.adapters += 2 * r * in; // dA
        if (givesInputGradient)
            entry.adapters += 2 * r * in; // dlow A
        if (givesInputGradient && adapter->hasMagnitude && adapter->hasDropout)
            entry.adapters += 2 * in * out; // W's share behind the adapter's dropout
    }
    return entry;
}

/// DoRA's norms, once for each step: A Wᵀ, A Aᵀ and B (A Aᵀ).
void addMagnitudes(const ModelSummary& model, const TrainingPlan& plan, std::vector<LedgerEntry>& entries)
{
    for (const ModuleInfo& module : model.modules) {
        const AdapterPlan* adapter = plan.adapterOf(module.name);
        if (!adapter || !adapter->hasMagnitude)
            continue;
        const double r = adapter->r;
        const double in = static_cast<double>(module.inFeatures);
        const double out = static_cast<double>(module.outFeatures);
        entries.push_back(
            {module.name, WorkUnit::Step, 0, 0, 0, 2 * r * in * out + 2 * r * r * in + 2 * r * r * out});
    }
}

/// Scores and mixing forward; four products of the same size backward.
LedgerEntry attentionEntry(const ModelSummary& model, int layer, const GradientReach& reach)
{
    const bool isLast = layer + 1 == static_cast<int>(model.numLayers);
    const double pair = 4 * static_cast<double>(model.numHeads) * static_cast<double>(model.headDim);
    const bool isReached = reach.isReached(layer, BlockStage::AttentionInput);
    return {fmt::format("attention scores of layer {}", layer),
            isLast ? WorkUnit::NeededPair : WorkUnit::TokenPair,
            pair,
            isReached ? 2 * pair : 0,
            0,
            0};
}

/// In the last layer keys and values are wanted of all tokens, everything else of needed ones; a module that
/// gives queries, keys and values at once does so for all.
WorkUnit layerUnit(const ModelSummary& model, int layer, const ModuleInfo& module)
{
    const bool isLast = layer + 1 == static_cast<int>(model.numLayers);
    const bool isForAll = module.stage == BlockStage::AttentionInput && !module.isQuery;
    return isLast && !isForAll ? WorkUnit::NeededToken : WorkUnit::Token;
}

void addLayer(const ModelSummary& model, const TrainingPlan& plan, int layer, const GradientReach& reach,
              std::vector<LedgerEntry>& entries)
{
    for (const ModuleInfo& module : model.modules)
        if (module.stage && module.block == reach.blockOf(layer))
            entries.push_back(linearEntry(module, module.name + ".weight", layerUnit(model, layer, module),
                                          plan, reach.isReached(layer, *module.stage),
                                          reach.givesInputGradient(layer, *module.stage)));
    entries.push_back(attentionEntry(model, layer, reach));
}

/// What a block's module does once more in backward instead of keeping what it gave.
void recompute(const ModelSummary& model, const TrainingPlan& plan, LedgerEntry& entry)
{
    entry.activationGradients += entry.forward;
    if (const AdapterPlan* adapter = plan.adapterOf(entry.module))
        for (const ModuleInfo& module : model.modules)
            if (module.name == entry.module)
                entry.adapters += adapterForward(*adapter, static_cast<double>(module.inFeatures),
                                                 static_cast<double>(module.outFeatures));
}

void addProjection(const ModelSummary& model, const TrainingPlan& plan, const GradientReach& reach,
                   std::vector<LedgerEntry>& entries)
{
    for (const ModuleInfo& module : model.modules)
        if (!module.stage && isProjection(model, module))
            entries.push_back(linearEntry(module, module.name + ".weight", WorkUnit::Token, plan,
                                          reach.lowestLayer() < 0, reach.isEmbeddingTrained()));
}

WorkUnit headUnit(TaskType task)
{
    if (isLanguageModelling(task))
        return WorkUnit::LabelledToken;
    return isSequenceTask(task) ? WorkUnit::Sequence : WorkUnit::Token;
}

/// A norm is what has a weight with one dimension, and the bias beside that.
bool isOfHeadNorm(const ModelSummary& model, const ParameterInfo& parameter)
{
    const std::string weight = parameter.name.substr(0, parameter.name.rfind('.')) + ".weight";
    return parameter.place == WeightPlace::Head &&
           std::ranges::any_of(model.parameterList, [&](const ParameterInfo& other) {
               return other.name == weight && other.shape.size() == 1;
           });
}

void addHead(const ModelSummary& model, TaskType task, const TrainingPlan& plan, const GradientReach& reach,
             std::vector<LedgerEntry>& entries)
{
    bool isBelowTrained = reach.isTrunkTrained();
    const bool isHeadNormTrained =
        std::ranges::any_of(model.parameterList, [&](const ParameterInfo& parameter) {
            return plan.isTrained(parameter.name) && isOfHeadNorm(model, parameter);
        });
    for (const ModuleInfo& module : model.modules) {
        if (module.stage || isProjection(model, module))
            continue;
        const std::string weight = weightNameOf(model, plan, module);
        const bool isTrained = isModuleTrained(plan, module) || plan.isTrained(weight);
        entries.push_back(
            linearEntry(module, weight, headUnit(task), plan, isTrained || isBelowTrained, isBelowTrained));
        isBelowTrained = isBelowTrained || isTrained;
        // A norm between this module and the next (masked language modelling) wants its gradient too.
        if (!module.isOutputEmbedding)
            isBelowTrained = isBelowTrained || isHeadNormTrained;
    }
}

} // namespace

WorkCounts& WorkCounts::operator+=(const WorkCounts& other)
{
    tokens += other.tokens;
    tokenPairs += other.tokenPairs;
    sequences += other.sequences;
    steps += other.steps;
    labelledTokens += other.labelledTokens;
    labelledPairs += other.labelledPairs;
    return *this;
}

WorkCounts countWork(std::span<const std::int32_t> lengths, bool isCausal)
{
    WorkCounts work;
    for (const std::int32_t length : lengths) {
        work.tokens += length;
        work.tokenPairs += static_cast<double>(attendedPairs(length, isCausal));
        ++work.sequences;
    }
    return work;
}

double FlopLedger::amount(const WorkCounts& work, WorkUnit unit) const
{
    const bool isForAll = work.isForAllRows || !(isLanguageModelling(m_task) || isSequenceTask(m_task));
    switch (unit) {
    case WorkUnit::Token:
        return work.tokens;
    case WorkUnit::TokenPair:
        return work.tokenPairs;
    case WorkUnit::Sequence:
        return work.sequences;
    case WorkUnit::Step:
        return work.steps;
    case WorkUnit::LabelledToken:
        return work.labelledTokens;
    case WorkUnit::NeededToken:
        return isForAll ? work.tokens : isSequenceTask(m_task) ? work.sequences : work.labelledTokens;
    case WorkUnit::NeededPair:
        break;
    }
    return isForAll ? work.tokenPairs : isSequenceTask(m_task) ? work.tokens : work.labelledPairs;
}

FlopsPerToken FlopLedger::total(const WorkCounts& work, const WorkCounts& belowCut) const
{
    FlopsPerToken sum;
    for (const LedgerEntry& entry : m_entries) {
        const double units = amount(entry.isBelowCut ? belowCut : work, entry.unit);
        sum.forward += units * entry.forward;
        sum.activationGradients += units * entry.activationGradients;
        sum.weightGradients += units * entry.weightGradients;
        sum.adapters += units * entry.adapters;
    }
    return sum;
}

FlopLedger trainingLedger(const ModelSummary& model, TaskType task, const TrainingPlan& plan,
                          bool isCheckpointing)
{
    std::vector<LedgerEntry> entries;
    const GradientReach reach(model, plan);
    addProjection(model, plan, reach, entries);
    std::size_t belowCut = reach.lowestLayer() > 0 ? entries.size() : 0;
    for (int layer = 0; layer < static_cast<int>(model.numLayers); ++layer) {
        const std::size_t first = entries.size();
        addLayer(model, plan, layer, reach, entries);
        if (layer < reach.lowestLayer())
            belowCut = entries.size();
        else if (isCheckpointing)
            for (std::size_t i = first; i < entries.size(); ++i)
                recompute(model, plan, entries[i]);
    }
    for (std::size_t i = 0; i < belowCut; ++i)
        entries[i].isBelowCut = true;
    addHead(model, task, plan, reach, entries);
    addMagnitudes(model, plan, entries);
    return {task, std::move(entries)};
}

} // namespace lora
