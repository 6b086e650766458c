#include "core/data/work_split.h"

#include "core/base/check.h"

#include <algorithm>
#include <numeric>

namespace lora {

WorkSplit splitWork(const Batch& batch, int workers)
{
    WorkSplit split;
    splitWork(batch, workers, split);
    return split;
}

void splitWork(const Batch& batch, int workers, WorkSplit& split)
{
    LORA_ASSERT(workers >= 1);
    split.resize(static_cast<std::size_t>(workers));
    for (auto& share : split)
        share.clear();
    std::vector<std::uint32_t> longestFirst(batch.sequences());
    std::iota(longestFirst.begin(), longestFirst.end(), 0u);
    std::ranges::stable_sort(longestFirst, std::greater{}, [&](std::uint32_t s) { return batch.length(s); });

    std::vector<std::size_t> tokens(split.size(), 0);
    for (const std::uint32_t sequence : longestFirst) {
        const auto lightest = static_cast<std::size_t>(std::ranges::min_element(tokens) - tokens.begin());
        split[lightest].push_back(sequence);
        tokens[lightest] += batch.length(sequence);
    }
    for (auto& share : split)
        std::ranges::sort(share);
}

} // namespace lora
