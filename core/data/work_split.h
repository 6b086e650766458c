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
/// As above into `split`, whose storage is used again.
void splitWork(const Batch& batch, int workers, WorkSplit& split);

} // namespace lora
