#include "core/data/work_split.h"

#include "core/base/check.h"

#include <algorithm>
#include <numeric>

namespace lora {

WorkSplit splitWork(const Batch& batch, int workers)
{
    WorkSplit split;
    WorkSplitter().split(batch, workers, split);
    return split;
}

void WorkSplitter::split(const Batch& batch, int workers, WorkSplit& split)
{
    LORA_ASSERT(workers >= 1);
    split.resize(static_cast<std::size_t>(workers));
    for (auto& share : split)
        share.clear();
    m_longestFirst.resize(batch.sequences());
    std::iota(m_longestFirst.begin(), m_longestFirst.end(), 0u);
    // Not a stable sort, which takes a buffer from the heap.
    std::ranges::sort(m_longestFirst, [&](std::uint32_t a, std::uint32_t b) {
        return batch.length(a) != batch.length(b) ? batch.length(a) > batch.length(b) : a < b;
    });

    m_tokens.assign(split.size(), 0);
    for (const std::uint32_t sequence : m_longestFirst) {
        const auto lightest = static_cast<std::size_t>(std::ranges::min_element(m_tokens) - m_tokens.begin());
        split[lightest].push_back(sequence);
        m_tokens[lightest] += batch.length(sequence);
    }
    for (auto& share : split)
        std::ranges::sort(share);
}

std::size_t sequencesOfPiece(const Batch& batch, std::span<const std::uint32_t> rest,
                             std::int64_t tokensPerPiece)
{
    std::int64_t tokens = 0;
    for (const std::uint32_t sequence : rest)
        tokens += static_cast<std::int64_t>(batch.length(sequence));
    const std::int64_t pieces = std::max<std::int64_t>(1, (tokens + tokensPerPiece - 1) / tokensPerPiece);
    const std::int64_t most = (tokens + pieces - 1) / pieces;
    std::size_t count = 0;
    for (std::int64_t taken = 0; count < rest.size(); ++count) {
        taken += static_cast<std::int64_t>(batch.length(rest[count]));
        if (count > 0 && taken > most)
            break;
    }
    return count;
}

} // namespace lora
