#pragma once

#include "core/config/task.h"
#include "core/data/batch.h"
#include "core/data/tokenized_dataset.h"

#include <cstdint>
#include <span>

namespace lora {

/// Packs rows of a data set into a batch with the labels of the task. For masked language modelling on text
/// it hides tokens as BERT does (Devlin et al., arXiv:1810.04805): 15 % of the tokens that are not special
/// are to be predicted; of these 80 % become the mask, 10 % a random token, 10 % stay. What is hidden depends
/// on (seed, epoch, row) alone.
class Collator
{
public:
    /// The epoch to name for evaluation: hidden tokens are then the same every time.
    static constexpr std::int64_t evaluation = -1;

    /// `dataset` has to outlive the collator.
    Collator(const TokenizedDataset& dataset, TaskType task, std::uint64_t seed);

    /// Into `out`, whose storage is used again.
    void pack(std::span<const std::uint32_t> rows, std::int64_t epoch, Batch& out) const;

private:
    void appendLabels(std::uint32_t row, std::int64_t epoch, bool hasTokenLabels, Batch& out) const;
    void appendTargets(const TokenizedExample& example, Batch& out) const;
    void appendTokenLabels(std::uint32_t row, std::int64_t epoch, Batch& out) const;
    void hideTokens(std::uint32_t row, std::int64_t epoch, Batch& out) const;

    const TokenizedDataset* m_dataset;
    TaskType m_task;
    std::uint64_t m_seed;
};

/// Language modelling: labelled tokens of all tokens, as the Collator labels them; where it hides tokens at
/// random, on average. 0 for other tasks and without rows.
double labelledShare(const TokenizedDataset& dataset, TaskType task);

} // namespace lora
