#include "core/cost/pass_tally.h"

namespace lora {

PassTally::PassTally(const ModelSummary& model, const TrainingPlan& plan, const PieceFacts& piece,
                     const PassUse& use)
    : m_model(model)
    , m_plan(plan)
    , m_piece(piece)
    , m_use(use)
    , m_reach(model, plan)
    , m_layers(static_cast<int>(model.numLayers))
    , m_lowest(use.isTraining ? m_reach.lowestLayer() : m_layers)
    , m_d(model.hiddenSize)
    , m_f(model.intermediateSize)
    , m_queries(model.numHeads * model.headDim)
    , m_keys(model.numKeyValueHeads * model.headDim)
    , m_narrow(model.parameterList.front().shape.back())
    , m_isTrunkTrained(m_reach.isTrunkTrained())
{
    findModules();
    findWeights();
}

void PassTally::findModules()
{
    for (const ModuleInfo& module : m_model.modules) {
        if (!module.stage && isProjection(m_model, module))
            m_projection = &module;
        else if (!module.stage)
            m_head.push_back(&module);
    }
    m_hasProjection = m_projection != nullptr;
    if (m_head.size() > 1 && m_plan.adapterOf(m_head.front()->name))
        m_isTransformTrained = true;
}

void PassTally::findWeights()
{
    for (const ParameterInfo& parameter : m_model.parameterList) {
        const bool isVector = parameter.shape.size() == 1;
        const bool isOfNorm = parameter.stage == BlockStage::MiddleNorm;
        m_isCentred = m_isCentred || (isOfNorm && parameter.name.ends_with(".bias"));
        m_hasFinalNorm = m_hasFinalNorm || parameter.place == WeightPlace::AboveBlocks;
        const bool isOfProjection = m_hasProjection && parameter.name.starts_with(m_projection->name + ".");
        if (parameter.place == WeightPlace::Embeddings && isVector && !isOfProjection)
            m_hasEmbeddingNorm = true;
        const bool isOfDecoder = !m_head.empty() && parameter.name.starts_with(m_head.back()->name + ".");
        if (parameter.place == WeightPlace::Head && !isOfDecoder && m_plan.isTrained(parameter.name) &&
            parameter.name != m_model.parameterList.front().name)
            m_isTransformTrained = true;
    }
}

std::vector<const ModuleInfo*> PassTally::modulesAt(int layer, BlockStage stage) const
{
    std::vector<const ModuleInfo*> found;
    for (const ModuleInfo& module : m_model.modules)
        if (module.stage == stage && module.block == m_reach.blockOf(layer))
            found.push_back(&module);
    return found;
}

std::int64_t PassTally::neededRows() const
{
    if (isLanguageModelling(m_model.task))
        return m_piece.labelledTokens;
    return isSequenceTask(m_model.task) ? m_piece.sequences : m_piece.tokens;
}

PassTally::Rows PassTally::rowsOf(int layer) const
{
    const bool isNarrowed =
        layer + 1 == m_layers && (isLanguageModelling(m_model.task) || isSequenceTask(m_model.task));
    if (!isNarrowed)
        return {m_piece.tokens, m_piece.tokens, m_piece.tokenPairs, false};
    return {m_piece.tokens, neededRows(),
            isSequenceTask(m_model.task) ? m_piece.tokens : m_piece.labelledPairs, true};
}

void PassTally::linear(const ModuleInfo& module, std::int64_t rows, Kept kept)
{
    const AdapterPlan* adapter = m_plan.adapterOf(module.name);
    if (!adapter)
        return;
    const std::int64_t mark = m_tally.mark();
    const bool isDropped = isTraining() && m_use.adapterDropout > 0;
    if (kept != Kept::Reserved) {
        if (adapter->hasMagnitude && (kept == Kept::Yes || isDropped))
            m_tally.take(rows, module.outFeatures);
        m_tally.take(rows, adapter->r);
    }
    const std::int64_t inner = m_tally.mark();
    if (isDropped)
        m_tally.take(rows, module.inFeatures);
    if (kept == Kept::No)
        m_tally.release(mark);
    else if (adapter->isAFrozen)
        m_tally.release(inner);
}

/// Whether the module's adapter keeps something although its input is not kept.
bool PassTally::takeReserved(const ModuleInfo& module, std::int64_t rows)
{
    const AdapterPlan* adapter = m_plan.adapterOf(module.name);
    if (!adapter || !adapter->isAFrozen)
        return false;
    m_tally.take(rows, adapter->r);
    if (adapter->hasMagnitude)
        m_tally.take(rows, module.outFeatures);
    return true;
}

void PassTally::linearBackward(const ModuleInfo& module, std::int64_t rows, bool isInputWanted)
{
    const AdapterPlan* adapter = m_plan.adapterOf(module.name);
    if (!adapter)
        return;
    const TallyScope scope(m_tally);
    if (adapter->hasMagnitude)
        m_tally.take(rows, module.outFeatures);
    if (isInputWanted || !adapter->isAFrozen)
        m_tally.take(rows, adapter->r);
    if (isInputWanted && m_use.adapterDropout > 0)
        m_tally.take(rows, module.inFeatures);
}

void PassTally::norm(std::int64_t rows, bool isCentred, bool isKept)
{
    for (int statistic = 0; isKept && statistic < (isCentred ? 2 : 1); ++statistic)
        m_tally.take(rows, 1);
}

std::int64_t PassTally::peak()
{
    trunk();
    head();
    if (isTraining()) {
        if (m_isTrunkTrained)
            m_tally.take(neededRows(), m_d);
        headBackward();
        if (m_isTrunkTrained)
            trunkBackward();
    }
    return m_tally.peak();
}

} // namespace lora
