#include "core/data/batch.h"

#include "core/base/check.h"

#include <algorithm>

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
    const auto isLabelled = [](std::int32_t label) { return label != ignoredLabel; };
    const std::vector<std::int32_t>& labels = classLabels.empty() ? tokenLabels : classLabels;
    return static_cast<std::size_t>(std::ranges::count_if(labels, isLabelled));
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
    batch.tokenLabels.clear();
    batch.exampleIndex.clear();
}

} // namespace lora
