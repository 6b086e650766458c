#pragma once

#include "core/data/batch.h"

#include <cstdint>
#include <vector>

namespace lora {

/// Sequences of a batch for each worker; a worker's list is ascending and may be empty.
using WorkSplit = std::vector<std::vector<std::uint32_t>>;

/// Deals the sequences of `batch` to `workers` (at least 1) so that their tokens are balanced: longest first
/// to the worker with the fewest tokens (Graham's LPT rule), ties to the lower index. A function of the
/// lengths alone.
WorkSplit splitWork(const Batch& batch, int workers);

/// How many of a worker's sequences, the first of `rest`, go through a model together: equal parts of at most
/// `tokensPerPiece` tokens, or one sequence.
std::size_t sequencesOfPiece(const Batch& batch, std::span<const std::uint32_t> rest,
                             std::int64_t tokensPerPiece);

/// The same again and again without a heap allocation once the largest batch has been seen.
class WorkSplitter
{
public:
    /// Into `split`, whose storage is used again.
    void split(const Batch& batch, int workers, WorkSplit& split);

private:
    std::vector<std::uint32_t> m_longestFirst;
    std::vector<std::size_t> m_tokens; ///< of each worker
};

} // namespace lora
