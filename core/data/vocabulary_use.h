#pragma once

#include "core/data/tokenized_dataset.h"

#include <cstdint>
#include <span>

namespace lora {

/// Share of a mapped table with one row of `rowBytes` per token that is read when these rows are: in the 64
/// KiB around each place that the system reads at a time.
double vocabularyShare(std::span<const TokenizedDataset* const> datasets, std::int64_t vocabulary,
                       std::int64_t rowBytes);

} // namespace lora
