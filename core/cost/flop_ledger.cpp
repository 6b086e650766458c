#include "core/cost/flop_ledger.h"

#include "core/cost/block_reach.h"

namespace lora {

namespace {

double amount(const WorkCounts& work, WorkUnit unit)
{
    switch (unit) {
    case WorkUnit::Token:
        return work.tokens;
    case WorkUnit::TokenPair:
        return work.tokenPairs;
    case WorkUnit::Sequence:
        return work.sequences;
    case WorkUnit::LabelledToken:
        break;
    }
    return work.labelledTokens;
}

/// The products of a linear module. `isReached`: its output's gradient arrives; `givesInputGradient`: somebody below waits
/// for its input's gradient.
LedgerEntry linearEntry(const ModuleInfo& module, WorkUnit unit, const TrainingPlan& plan, bool isReached,
                        bool givesInputGradient)
{
    const double in = static_cast<double>(module.inFeatures);
    const double out = static_cast<double>(module.outFeatures);
    LedgerEntry entry{module.name, unit, 2 * in * out, 0, 0, 0};
    if (isReached && givesInputGradient)
        entry.activationGradients = 2 * in * out;
    if (isReached && plan.isTrained(module.name + ".weight"))
        entry.weightGradients = 2 * in * out;
    if (const AdapterPlan* adapter = plan.adapterOf(module.name)) {
        const double r = adapter->r;
        entry.adapters = 2 * r * (in + out);          // x Aᵀ, low Bᵀ
        entry.adapters += 2 * r * out + 2 * r * out;  // dB, dlow
        entry.adapters += 2 * r * in;                 // dA
        if (givesInputGradient)
            entry.adapters += 2 * r * in; // dlow A
    }
    return entry;
}

void addBlock(const ModelSummary& model, const TrainingPlan& plan, int block, int lowest,
              std::vector<LedgerEntry>& entries)
{
    const bool isReached = block >= lowest;
    const BlockReach reach = isReached ? blockReach(model, plan, block, block > lowest) : BlockReach{};
    for (const ModuleInfo& module : model.modules) {
        if (module.block != block)
            continue;
        bool givesInput = false;
        switch (partOf(module)) {
        case BlockPart::Projection:
            givesInput = isReached && block > lowest;
            break;
        case BlockPart::AttentionOutput:
            givesInput = reach.intoAttention;
            break;
        case BlockPart::Intermediate:
            givesInput = reach.intoAttentionNorm;
            break;
        case BlockPart::Output:
            givesInput = reach.intoIntermediate;
            break;
        }
        const bool isPartReached = isReached && isGradientReaching(reach, partOf(module));
        entries.push_back(linearEntry(module, WorkUnit::Token, plan, isPartReached, isPartReached && givesInput));
        if (partOf(module) == BlockPart::AttentionOutput) {
            // Scores and mixing forward; four products of the same size backward.
            const double pair = 4 * static_cast<double>(model.hiddenSize);
            entries.push_back({module.name.substr(0, module.name.find("output.dense")) + "scores", WorkUnit::TokenPair,
                               pair, reach.intoAttention ? 2 * pair : 0, 0, 0});
        }
    }
}

void addHead(const ModelSummary& model, TaskType task, const TrainingPlan& plan, bool isTrunkTrained,
             std::vector<LedgerEntry>& entries)
{
    const WorkUnit unit = task == TaskType::MaskedLm ? WorkUnit::LabelledToken : WorkUnit::Sequence;
    bool isBelowTrained = isTrunkTrained;
    for (const ModuleInfo& module : model.modules) {
        if (module.block >= 0)
            continue;
        const bool isTrained = plan.isTrained(module.name + ".weight") || plan.isTrained(module.name + ".bias") ||
                               plan.adapterOf(module.name);
        const bool isReached = task == TaskType::MaskedLm || isTrained || isBelowTrained;
        entries.push_back(linearEntry(module, unit, plan, isReached, isBelowTrained));
        isBelowTrained = isBelowTrained || isTrained;
    }
    if (task != TaskType::MaskedLm)
        return;
    const double decoder = 2 * static_cast<double>(model.hiddenSize) * static_cast<double>(model.vocabSize);
    bool isWordTrained = false;
    for (const ParameterInfo& parameter : model.parameterList)
        if (parameter.name.ends_with("word_embeddings.weight"))
            isWordTrained = plan.isTrained(parameter.name);
    entries.push_back({"decoder", unit, decoder, decoder, isWordTrained ? decoder : 0, 0});
}

} // namespace

WorkCounts& WorkCounts::operator+=(const WorkCounts& other)
{
    tokens += other.tokens;
    tokenPairs += other.tokenPairs;
    sequences += other.sequences;
    labelledTokens += other.labelledTokens;
    return *this;
}

WorkCounts countWork(std::span<const std::int32_t> lengths)
{
    WorkCounts work;
    for (const std::int32_t length : lengths) {
        work.tokens += length;
        work.tokenPairs += static_cast<double>(length) * length;
        ++work.sequences;
    }
    return work;
}

FlopsPerToken FlopLedger::total(const WorkCounts& work) const
{
    FlopsPerToken sum;
    for (const LedgerEntry& entry : m_entries) {
        const double units = amount(work, entry.unit);
        sum.forward += units * entry.forward;
        sum.activationGradients += units * entry.activationGradients;
        sum.weightGradients += units * entry.weightGradients;
        sum.adapters += units * entry.adapters;
    }
    return sum;
}

FlopLedger trainingLedger(const ModelSummary& model, TaskType task, const TrainingPlan& plan)
{
    std::vector<LedgerEntry> entries;
    const int lowest = lowestTrainedBlock(model, plan);
    for (int block = 0; block < static_cast<int>(model.numLayers); ++block)
        addBlock(model, plan, block, lowest, entries);
    addHead(model, task, plan, lowest < static_cast<int>(model.numLayers), entries);
    return FlopLedger(std::move(entries));
}

} // namespace lora
