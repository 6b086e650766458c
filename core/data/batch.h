#pragma once

#include "core/data/prefix_rows.h"

#include <cstdint>
#include <span>
#include <vector>

namespace lora {

/// Marks a position without a label; the value Hugging Face uses.
inline constexpr std::int32_t ignoredLabel = -100;

/// Several sequences packed without padding: their tokens stand one after the other, sequence s at
/// [sequenceOffsets[s], sequenceOffsets[s+1]). Label vectors not used by the task are empty.
struct Batch
{
    std::vector<std::int32_t> inputIds;        ///< [tokens]
    std::vector<std::int32_t> tokenTypeIds;    ///< [tokens]
    std::vector<std::int32_t> sequenceOffsets; ///< [sequences + 1], starts with 0
    std::vector<std::int32_t> classLabels; ///< [sequences], sequence classification; ignoredLabel: unlabelled
    std::vector<float>
        targets; ///< [sequences, targetsPerSequence]: multi-label (0 or 1) and regression; NaN: unlabelled
    std::int32_t targetsPerSequence = 0;
    /// [tokens]: what each row predicts, ignoredLabel where nothing. In causal language modelling that is the
    /// next token: Hugging Face's labels shifted by one.
    std::vector<std::int32_t> tokenLabels;
    /// [sequences]: first and last token of the answer, counted in the sequence; ignoredLabel: unlabelled.
    std::vector<std::int32_t> startPositions, endPositions;
    std::vector<std::uint32_t> exampleIndex; ///< [sequences], row in the data set
    /// Where there is one, a pass starts at its layer with the rows of `exampleIndex`, not at the embeddings.
    const PrefixRows* prefix = nullptr;

    std::size_t tokens() const { return inputIds.size(); }
    std::size_t sequences() const { return sequenceOffsets.empty() ? 0 : sequenceOffsets.size() - 1; }
    std::size_t length(std::size_t sequence) const
    {
        return static_cast<std::size_t>(sequenceOffsets[sequence + 1] - sequenceOffsets[sequence]);
    }
    /// Items the loss is a mean over: labelled sequences, labelled tokens, or single targets.
    std::size_t labelledItems() const;
};

/// The sequences of `batch` named by `sequences`, in that order, as a batch of their own: a worker's share.
Batch selectSequences(const Batch& batch, std::span<const std::uint32_t> sequences);
/// As above into `out`, whose storage is used again.
void selectSequences(const Batch& batch, std::span<const std::uint32_t> sequences, Batch& out);
/// Empties all vectors but keeps their storage.
void clear(Batch& batch);

} // namespace lora
