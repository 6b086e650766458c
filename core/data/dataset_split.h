#pragma once

#include "core/data/tokenized_dataset.h"

#include <cstdint>
#include <vector>

namespace lora {

/// Rows for training and for evaluation, each ascending; together all rows, none in both.
struct RowSplit
{
    std::vector<std::uint32_t> train;
    std::vector<std::uint32_t> eval;
};

/// Holds out about `share` of the rows of every class, chosen by `seed`. Rows with the same tokens always
/// stay on the same side, so that no text is both trained on and evaluated on; every class keeps a row to
/// train on. Throws lora::Error (BadInput) when there are not two different rows to part.
RowSplit splitRows(const TokenizedDataset& dataset, double share, std::uint64_t seed);

/// The rows of `dataset` named by `rows`, with its labels and identity.
TokenizedDataset selectRows(const TokenizedDataset& dataset, const std::vector<std::uint32_t>& rows);

/// Rows of `eval` whose tokens are also those of a row of `train`.
std::vector<std::uint32_t> sharedRows(const TokenizedDataset& train, const TokenizedDataset& eval);

} // namespace lora
