#include "core/data/vocabulary_use.h"

#include <algorithm>

namespace lora {

double vocabularyShare(std::span<const TokenizedDataset* const> datasets, std::int64_t vocabulary,
                       std::int64_t rowBytes)
{
    constexpr std::int64_t windowBytes = 64 << 10; // Linux's fault_around_bytes
    std::vector<bool> isRead(static_cast<std::size_t>(vocabulary * rowBytes / windowBytes + 1));
    for (const TokenizedDataset* dataset : datasets)
        for (const TokenizedExample& example : dataset->examples)
            for (const std::int32_t id : example.inputIds)
                if (id >= 0 && id < vocabulary)
                    for (std::int64_t window = id * rowBytes / windowBytes;
                         window <= (id + 1) * rowBytes / windowBytes &&
                         window < static_cast<std::int64_t>(isRead.size());
                         ++window)
                        isRead[static_cast<std::size_t>(window)] = true;
    return static_cast<double>(std::ranges::count(isRead, true)) / static_cast<double>(isRead.size());
}

} // namespace lora
