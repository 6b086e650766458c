#include "core/models/attended_pairs.h"

namespace lora {

std::int64_t attendedPairs(const Batch& batch, bool isCausal)
{
    std::int64_t pairs = 0;
    for (std::size_t s = 0; s < batch.sequences(); ++s)
        pairs += attendedPairs(static_cast<std::int64_t>(batch.length(s)), isCausal);
    return pairs;
}

std::int64_t labelledPairs(const Batch& batch, bool isCausal)
{
    std::int64_t pairs = 0;
    if (batch.tokenLabels.empty())
        return pairs;
    std::vector<std::int32_t> positions;
    for (std::size_t s = 0; s < batch.sequences(); ++s) {
        positions.clear();
        for (std::int32_t t = batch.sequenceOffsets[s]; t < batch.sequenceOffsets[s + 1]; ++t)
            if (batch.tokenLabels[static_cast<std::size_t>(t)] != ignoredLabel)
                positions.push_back(t - batch.sequenceOffsets[s]);
        pairs +=
            isCausal ? causalPairs(positions) : static_cast<std::int64_t>(positions.size() * batch.length(s));
    }
    return pairs;
}

} // namespace lora
