#include "core/cost/pass_tally.h"

#include "core/nn/attention_strips.h"

#include <algorithm>

namespace lora {

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

void PassTally::attentionBackward()
{
    const TallyScope scope(m_tally);
    m_tally.take(1, attendedAtOnce(m_piece.longest, m_model.isDecoder));
    if (hasDropout())
        m_tally.take(1, attendedAtOnce(m_piece.longest, m_model.isDecoder));
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

} // namespace lora
