#include "core/data/tokenized_dataset.h"

#include <algorithm>

namespace lora {

std::int64_t TokenizedDataset::tokens() const
{
    std::int64_t sum = 0;
    for (const TokenizedExample& example : examples)
        sum += static_cast<std::int64_t>(example.inputIds.size());
    return sum;
}

std::vector<std::int32_t> TokenizedDataset::lengths() const
{
    std::vector<std::int32_t> result;
    result.reserve(examples.size());
    for (const TokenizedExample& example : examples)
        result.push_back(static_cast<std::int32_t>(example.inputIds.size()));
    return result;
}

std::size_t TokenizedDataset::truncatedCount() const
{
    return static_cast<std::size_t>(std::ranges::count_if(examples, &TokenizedExample::isTruncated));
}

} // namespace lora
