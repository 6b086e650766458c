#include "core/cost/pass_tally.h"

#include "core/models/vocabulary_head.h"

#include <algorithm>

namespace lora {

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

} // namespace lora
