#include "core/cost/arena_plan.h"

#include "core/models/vocabulary_head.h"
#include "core/nn/attention_strips.h"

#include <algorithm>
#include <cmath>

namespace lora {

namespace {

/// An Arena that only counts.
class Tally
{
public:
    void take(std::int64_t rows, std::int64_t cols)
    {
        constexpr std::int64_t alignment = 64;
        const std::int64_t bytes = std::max<std::int64_t>(1, rows * cols * 4);
        m_used += (bytes + alignment - 1) / alignment * alignment;
        m_peak = std::max(m_peak, m_used);
    }
    std::int64_t mark() const { return m_used; }
    void release(std::int64_t mark) { m_used = mark; }
    std::int64_t peak() const { return m_peak; }

private:
    std::int64_t m_used = 0;
    std::int64_t m_peak = 0;
};

class TallyScope
{
public:
    explicit TallyScope(Tally& tally)
        : m_tally(tally)
        , m_mark(tally.mark())
    {}
    ~TallyScope() { m_tally.release(m_mark); }
    TallyScope(const TallyScope&) = delete;
    TallyScope& operator=(const TallyScope&) = delete;

private:
    Tally& m_tally;
    std::int64_t m_mark;
};

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
    void embed();
    void attention(const Rows& rows, Kept kept);
    void attentionBackward();
    void block(int layer, const Rows& rows, Kept kept);
    void postNormBlock(int layer, const Rows& rows, Kept kept);
    void preNormBlock(int layer, const Rows& rows, Kept kept);
    void feedForward(int layer, const Rows& rows, Kept kept);
    void postNormBackward(int layer, const Rows& rows);
    void preNormBackward(int layer, const Rows& rows);
    void feedForwardBackward(int layer, const Rows& rows);
    void trunk();
    void trunkBackward();
    void head();
    void headBackward();
    void vocabularyHead(std::int64_t rows);

    const ModelSummary& m_model;
    const TrainingPlan& m_plan;
    const PieceFacts& m_piece;
    PassUse m_use;
    GradientReach m_reach;
    Tally m_tally;
    int m_layers, m_lowest;
    std::int64_t m_d, m_f, m_queries, m_keys, m_narrow;
    bool m_hasProjection = false, m_hasEmbeddingNorm = false, m_isCentred = false, m_hasFinalNorm = false;
    bool m_isTrunkTrained;
    bool m_isTransformTrained = false;
    std::vector<const ModuleInfo*> m_head;
    const ModuleInfo* m_projection = nullptr;
};

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
    for (const ModuleInfo& module : model.modules) {
        if (!module.stage && isProjection(model, module))
            m_projection = &module;
        else if (!module.stage)
            m_head.push_back(&module);
    }
    m_hasProjection = m_projection != nullptr;
    for (const ParameterInfo& parameter : model.parameterList) {
        const bool isVector = parameter.shape.size() == 1;
        const bool isOfNorm = parameter.stage == BlockStage::MiddleNorm;
        m_isCentred = m_isCentred || (isOfNorm && parameter.name.ends_with(".bias"));
        m_hasFinalNorm = m_hasFinalNorm || parameter.place == WeightPlace::AboveBlocks;
        const bool isOfProjection = m_hasProjection && parameter.name.starts_with(m_projection->name + ".");
        if (parameter.place == WeightPlace::Embeddings && isVector && !isOfProjection)
            m_hasEmbeddingNorm = true;
        const bool isOfDecoder = !m_head.empty() && parameter.name.starts_with(m_head.back()->name + ".");
        if (parameter.place == WeightPlace::Head && !isOfDecoder && plan.isTrained(parameter.name) &&
            parameter.name != model.parameterList.front().name)
            m_isTransformTrained = true;
    }
    if (m_head.size() > 1 && plan.adapterOf(m_head.front()->name))
        m_isTransformTrained = true;
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

void PassTally::embed()
{
    const bool isKept = m_lowest < 0;
    m_tally.take(m_piece.tokens, m_d);
    if (m_hasProjection)
        m_tally.take(m_piece.tokens, m_narrow);
    const std::int64_t mark = m_tally.mark();
    if (m_hasEmbeddingNorm) {
        m_tally.take(m_piece.tokens, m_narrow);
        norm(m_piece.tokens, true, isKept);
    }
    if (!isKept)
        m_tally.release(mark);
    if (m_hasProjection)
        linear(*m_projection, m_piece.tokens, isKept ? Kept::Yes : Kept::No);
}

void PassTally::attention(const Rows& rows, Kept kept)
{
    if (kept == Kept::Yes)
        m_tally.take(m_model.numHeads, rows.pairs);
    const TallyScope scope(m_tally);
    if (kept == Kept::No)
        m_tally.take(1, attendedAtOnce(m_piece.longest, m_model.isDecoder));
    if (hasDropout())
        m_tally.take(1, attendedAtOnce(m_piece.longest, m_model.isDecoder));
}

void PassTally::attentionBackward()
{
    const TallyScope scope(m_tally);
    m_tally.take(1, attendedAtOnce(m_piece.longest, m_model.isDecoder));
    if (hasDropout())
        m_tally.take(1, attendedAtOnce(m_piece.longest, m_model.isDecoder));
}

void PassTally::block(int layer, const Rows& rows, Kept kept)
{
    const std::int64_t mark = m_tally.mark();
    if (m_model.isDecoder)
        preNormBlock(layer, rows, kept);
    else
        postNormBlock(layer, rows, kept);
    if (kept == Kept::No)
        m_tally.release(mark);
}

void PassTally::postNormBlock(int layer, const Rows& rows, Kept kept)
{
    if (rows.areNeededOnly)
        m_tally.take(rows.given, m_d);
    m_tally.take(rows.given, m_d);
    m_tally.take(rows.all, m_d);
    m_tally.take(rows.all, m_d);
    for (const ModuleInfo* module : modulesAt(layer, BlockStage::AttentionInput))
        linear(*module, module->isQuery ? rows.given : rows.all, kept);
    m_tally.take(rows.given, m_d);
    attention(rows, kept);
    m_tally.take(rows.given, m_d);
    for (const ModuleInfo* module : modulesAt(layer, BlockStage::AttentionOutput))
        linear(*module, rows.given, kept);
    m_tally.take(rows.given, m_d);
    norm(rows.given, m_isCentred, kept == Kept::Yes);
    m_tally.take(rows.given, m_f);
    for (const ModuleInfo* module : modulesAt(layer, BlockStage::FeedForwardInput))
        linear(*module, rows.given, kept);
    m_tally.take(rows.given, m_d);
    feedForward(layer, rows, kept);
    norm(rows.given, m_isCentred, kept == Kept::Yes);
}

/// The activated values and the product that reads them.
void PassTally::feedForward(int layer, const Rows& rows, Kept kept)
{
    const auto outputs = modulesAt(layer, BlockStage::FeedForwardOutput);
    bool isReserved = false;
    for (const ModuleInfo* module : outputs)
        isReserved = kept == Kept::Yes && takeReserved(*module, rows.given);
    const std::int64_t mark = m_tally.mark();
    bool isInputKept = false;
    if (kept == Kept::Yes)
        m_tally.take(rows.given, m_f);
    for (const ModuleInfo* module : outputs) {
        isInputKept = !isReserved && m_plan.adapterOf(module->name);
        linear(*module, rows.given, isReserved ? Kept::Reserved : isInputKept ? kept : Kept::No);
    }
    if (kept == Kept::Yes && !isInputKept)
        m_tally.release(mark);
}

void PassTally::preNormBlock(int layer, const Rows& rows, Kept kept)
{
    const bool isKept = kept == Kept::Yes;
    m_tally.take(rows.all, m_d);
    norm(rows.all, m_isCentred, isKept);
    const auto inputs = modulesAt(layer, BlockStage::AttentionInput);
    if (inputs.size() == 1) {
        m_tally.take(rows.all, m_queries + 2 * m_keys);
        linear(*inputs.front(), rows.all, kept);
        if (rows.areNeededOnly)
            m_tally.take(rows.given, m_queries);
    } else {
        if (rows.areNeededOnly)
            m_tally.take(rows.given, m_d);
        m_tally.take(rows.given, m_queries);
        m_tally.take(rows.all, m_keys);
        m_tally.take(rows.all, m_keys);
        for (const ModuleInfo* module : inputs)
            linear(*module, module->isQuery ? rows.given : rows.all, kept);
    }
    m_tally.take(rows.given, m_queries);
    attention(rows, kept);
    m_tally.take(rows.given, m_d);
    for (const ModuleInfo* module : modulesAt(layer, BlockStage::AttentionOutput))
        linear(*module, rows.given, kept);
    if (rows.areNeededOnly) {
        const TallyScope scope(m_tally);
        m_tally.take(rows.given, m_d);
    }
    m_tally.take(rows.given, m_d);
    norm(rows.given, m_isCentred, isKept);
    for (const ModuleInfo* module : modulesAt(layer, BlockStage::FeedForwardInput)) {
        m_tally.take(rows.given, m_f);
        linear(*module, rows.given, kept);
    }
    feedForward(layer, rows, kept);
}

void PassTally::postNormBackward(int layer, const Rows& rows)
{
    const TallyScope scope(m_tally);
    feedForwardBackward(layer, rows);
    if (!m_reach.isReached(layer, BlockStage::AttentionOutput))
        return;
    const bool isAttentionWanted = m_reach.isReached(layer, BlockStage::AttentionInput);
    if (hasDropout())
        m_tally.take(rows.given, m_d);
    if (isAttentionWanted)
        m_tally.take(rows.given, m_d);
    for (const ModuleInfo* module : modulesAt(layer, BlockStage::AttentionOutput))
        linearBackward(*module, rows.given, isAttentionWanted);
    if (!isAttentionWanted)
        return;
    m_tally.take(rows.given, m_d);
    m_tally.take(rows.all, m_d);
    m_tally.take(rows.all, m_d);
    attentionBackward();
    for (const ModuleInfo* module : modulesAt(layer, BlockStage::AttentionInput))
        linearBackward(*module, module->isQuery ? rows.given : rows.all, layer > m_lowest);
}

void PassTally::feedForwardBackward(int layer, const Rows& rows)
{
    const TallyScope scope(m_tally);
    const bool isInnerWanted = m_reach.isReached(layer, BlockStage::FeedForwardInput);
    const bool isMoreBelow = m_reach.isReached(layer, BlockStage::MiddleNorm);
    const auto inputs = modulesAt(layer, BlockStage::FeedForwardInput);
    if (hasDropout())
        m_tally.take(rows.given, m_d);
    if (isInnerWanted)
        m_tally.take(rows.given, m_f);
    for (const ModuleInfo* module : modulesAt(layer, BlockStage::FeedForwardOutput)) {
        const TallyScope outputScope(m_tally);
        if (m_plan.isTrained(module->name + ".weight") && !m_plan.adapterOf(module->name))
            m_tally.take(rows.given, m_f); // the activated values once more
        linearBackward(*module, rows.given, isInnerWanted);
    }
    if (!isInnerWanted)
        return;
    if (inputs.size() > 1)
        m_tally.take(rows.given, m_f);
    if (m_model.isDecoder && isMoreBelow)
        m_tally.take(rows.given, m_d);
    for (const ModuleInfo* module : inputs)
        linearBackward(*module, rows.given, isMoreBelow);
}

void PassTally::preNormBackward(int layer, const Rows& rows)
{
    const TallyScope scope(m_tally);
    feedForwardBackward(layer, rows);
    if (!m_reach.isReached(layer, BlockStage::AttentionOutput))
        return;
    const bool isAttentionWanted = m_reach.isReached(layer, BlockStage::AttentionInput);
    const bool isNormWanted = m_reach.isReached(layer, BlockStage::InputNorm);
    if (hasDropout())
        m_tally.take(rows.given, m_d);
    if (isAttentionWanted)
        m_tally.take(rows.given, m_queries);
    for (const ModuleInfo* module : modulesAt(layer, BlockStage::AttentionOutput))
        linearBackward(*module, rows.given, isAttentionWanted);
    if (!isAttentionWanted)
        return;
    if (isNormWanted)
        m_tally.take(rows.all, m_d);
    m_tally.take(rows.all, m_queries + 2 * m_keys);
    if (rows.areNeededOnly)
        m_tally.take(rows.given, m_queries);
    attentionBackward();
    const auto inputs = modulesAt(layer, BlockStage::AttentionInput);
    for (const ModuleInfo* module : inputs)
        if (!module->isQuery)
            linearBackward(*module, rows.all, isNormWanted);
    if (rows.areNeededOnly && inputs.size() > 1 && isNormWanted)
        m_tally.take(rows.given, m_d);
    for (const ModuleInfo* module : inputs)
        if (module->isQuery)
            linearBackward(*module, rows.given, isNormWanted);
}

void PassTally::trunk()
{
    const int first = m_use.startsAtCut ? std::max(0, m_reach.lowestLayer()) : 0;
    if (m_use.startsAtCut)
        m_tally.take(m_piece.tokens, m_d);
    else
        embed();
    if (m_lowest > first)
        m_tally.take(m_piece.tokens, m_d);
    for (int layer = first; layer < m_layers; ++layer) {
        const Rows rows = rowsOf(layer);
        const bool isKept = layer >= m_lowest;
        if (rows.areNeededOnly || isKept)
            m_tally.take(rows.given, m_d);
        block(layer, rows, isKept && !m_use.isCheckpointing ? Kept::Yes : Kept::No);
    }
    if (first == m_layers && rowsOf(m_layers - 1).areNeededOnly)
        m_tally.take(neededRows(), m_d);
    if (!m_hasFinalNorm)
        return;
    m_tally.take(neededRows(), m_d);
    norm(neededRows(), m_isCentred, isTraining() && m_isTrunkTrained);
}

void PassTally::trunkBackward()
{
    std::int64_t gradientRows = neededRows();
    for (int layer = m_layers - 1; layer >= std::max(m_lowest, 0); --layer) {
        const Rows rows = rowsOf(layer);
        if (layer != m_lowest && gradientRows != m_piece.tokens) {
            m_tally.take(m_piece.tokens, m_d);
            gradientRows = m_piece.tokens;
        }
        const TallyScope scope(m_tally);
        if (m_use.isCheckpointing) {
            m_tally.take(rows.given, m_d);
            block(layer, rows, Kept::Yes);
        }
        if (m_model.isDecoder)
            preNormBackward(layer, rows);
        else
            postNormBackward(layer, rows);
    }
    if (m_lowest >= 0 || !m_hasProjection)
        return;
    if (m_reach.isEmbeddingTrained())
        m_tally.take(m_piece.tokens, m_narrow);
    linearBackward(*m_projection, m_piece.tokens, m_reach.isEmbeddingTrained());
}

void PassTally::vocabularyHead(std::int64_t rows)
{
    const ModuleInfo& decoder = *m_head.back();
    if (m_head.size() > 1) {
        m_tally.take(rows, decoder.inFeatures);
        linear(*m_head.front(), rows, isTraining() ? Kept::Yes : Kept::No);
        m_tally.take(rows, decoder.inFeatures);
        m_tally.take(rows, decoder.inFeatures);
        norm(rows, true, isTraining());
    }
    if (isTraining() && (m_isTrunkTrained || (m_head.size() > 1 && m_isTransformTrained)))
        m_tally.take(rows, decoder.inFeatures);
    const TallyScope scope(m_tally);
    const std::int64_t chunk = std::min(rows, vocabularyChunk(decoder.outFeatures));
    m_tally.take(chunk, decoder.outFeatures);
    linear(decoder, chunk, Kept::Yes);
    if (isTraining())
        linearBackward(decoder, chunk, m_isTrunkTrained);
}

void PassTally::head()
{
    const std::int64_t rows = neededRows();
    const Kept kept = isTraining() ? Kept::Yes : Kept::No;
    if (isLanguageModelling(m_model.task))
        return vocabularyHead(rows);
    const ModuleInfo& classifier = *m_head.back();
    if (isSequenceTask(m_model.task)) {
        m_tally.take(rows, m_d);
        if (m_head.size() > 1) {
            m_tally.take(rows, m_d);
            linear(*m_head.front(), rows, kept);
            m_tally.take(rows, m_d);
        }
    } else if (m_model.task == TaskType::TokenClassification && hasDropout()) {
        m_tally.take(rows, m_d);
    }
    m_tally.take(rows, classifier.outFeatures);
    linear(classifier, rows, kept);
    m_tally.take(rows, classifier.outFeatures);
}

void PassTally::headBackward()
{
    const TallyScope scope(m_tally);
    const std::int64_t rows = neededRows();
    if (isLanguageModelling(m_model.task)) {
        if (m_head.size() > 1 && (m_isTrunkTrained || m_isTransformTrained))
            linearBackward(*m_head.front(), rows, m_isTrunkTrained);
        return;
    }
    if (!isSequenceTask(m_model.task))
        return linearBackward(*m_head.back(), rows, m_isTrunkTrained);
    const bool hasDense = m_head.size() > 1;
    const bool isDenseWanted = hasDense && (m_isTrunkTrained || isModuleTrained(m_plan, *m_head.front()));
    if (m_isTrunkTrained || isDenseWanted)
        m_tally.take(rows, m_d);
    linearBackward(*m_head.back(), rows, m_isTrunkTrained || isDenseWanted);
    if (!hasDense || (!m_isTrunkTrained && !isDenseWanted))
        return;
    if (m_isTrunkTrained)
        m_tally.take(rows, m_d);
    linearBackward(*m_head.front(), rows, m_isTrunkTrained);
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

} // namespace

PieceFacts pieceFacts(std::span<const std::int32_t> lengths, bool isCausal, double labelledShare)
{
    PieceFacts facts;
    for (const std::int32_t length : lengths) {
        const auto labelled = static_cast<std::int64_t>(std::lround(labelledShare * length));
        facts.tokens += length;
        const std::int64_t pairs = attendedPairs(length, isCausal);
        facts.tokenPairs += pairs;
        facts.longest = std::max<std::int64_t>(facts.longest, length);
        ++facts.sequences;
        facts.labelledTokens += labelled;
        facts.labelledPairs += std::llround(labelledShare * static_cast<double>(pairs));
    }
    return facts;
}

double arenaBytes(const ModelSummary& model, const TrainingPlan& plan, const PieceFacts& piece,
                  const PassUse& use)
{
    return static_cast<double>(PassTally(model, plan, piece, use).peak());
}

} // namespace lora
