#pragma once

#include "core/data/batch.h"
#include "core/nn/attention_strips.h"

namespace lora {

/// Pairs of a token and one it attends to whose score a block computes for all tokens of a packed batch.
std::int64_t attendedPairs(const Batch& batch, bool isCausal);
/// Language modelling: the same where queries are the labelled tokens alone; 0 without token labels.
std::int64_t labelledPairs(const Batch& batch, bool isCausal);

} // namespace lora
