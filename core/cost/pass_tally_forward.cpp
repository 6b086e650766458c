#include "core/cost/pass_tally.h"

#include "core/nn/attention_strips.h"

#include <algorithm>

namespace lora {

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

} // namespace lora
