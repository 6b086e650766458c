#include "core/data/batch.h"

#include "core/base/check.h"

#include <algorithm>
#include <cmath>

namespace lora {

namespace {

template <class T>
void appendRange(const std::vector<T>& from, std::size_t begin, std::size_t end, std::vector<T>& to)
{
    const auto start = from.begin();
    to.insert(to.end(), start + static_cast<std::ptrdiff_t>(begin), start + static_cast<std::ptrdiff_t>(end));
}

} // namespace

std::size_t Batch::labelledItems() const
{
    const auto countLabelled = [](const std::vector<std::int32_t>& labels) {
        return static_cast<std::size_t>(
            std::ranges::count_if(labels, [](std::int32_t label) { return label != ignoredLabel; }));
    };
    if (!targets.empty())
        return static_cast<std::size_t>(
            std::ranges::count_if(targets, [](float target) { return !std::isnan(target); }));
    if (!startPositions.empty())
        return countLabelled(startPositions);
    return countLabelled(classLabels.empty() ? tokenLabels : classLabels);
}

Batch selectSequences(const Batch& batch, std::span<const std::uint32_t> sequences)
{
    Batch out;
    selectSequences(batch, sequences, out);
    return out;
}

void selectSequences(const Batch& batch, std::span<const std::uint32_t> sequences, Batch& out)
{
    LORA_ASSERT(&batch != &out);
    clear(out);
    out.targetsPerSequence = batch.targetsPerSequence;
    out.prefix = batch.prefix;
    out.sequenceOffsets.push_back(0);
    for (const std::uint32_t sequence : sequences) {
        LORA_ASSERT(sequence < batch.sequences());
        const auto begin = static_cast<std::size_t>(batch.sequenceOffsets[sequence]);
        const auto end = static_cast<std::size_t>(batch.sequenceOffsets[sequence + 1]);
        appendRange(batch.inputIds, begin, end, out.inputIds);
        appendRange(batch.tokenTypeIds, begin, end, out.tokenTypeIds);
        if (!batch.tokenLabels.empty())
            appendRange(batch.tokenLabels, begin, end, out.tokenLabels);
        if (!batch.classLabels.empty())
            out.classLabels.push_back(batch.classLabels[sequence]);
        if (!batch.targets.empty()) {
            const auto width = static_cast<std::size_t>(batch.targetsPerSequence);
            appendRange(batch.targets, sequence * width, (sequence + 1) * width, out.targets);
        }
        if (!batch.startPositions.empty()) {
            out.startPositions.push_back(batch.startPositions[sequence]);
            out.endPositions.push_back(batch.endPositions[sequence]);
        }
        if (!batch.exampleIndex.empty())
            out.exampleIndex.push_back(batch.exampleIndex[sequence]);
        out.sequenceOffsets.push_back(static_cast<std::int32_t>(out.inputIds.size()));
    }
}

void clear(Batch& batch)
{
    batch.inputIds.clear();
    batch.tokenTypeIds.clear();
    batch.sequenceOffsets.clear();
    batch.classLabels.clear();
    batch.targets.clear();
    batch.targetsPerSequence = 0;
    batch.tokenLabels.clear();
    batch.startPositions.clear();
    batch.endPositions.clear();
    batch.exampleIndex.clear();
    batch.prefix = nullptr;
}

} // namespace lora
