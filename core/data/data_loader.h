#pragma once

#include "core/config/experiment_config.h"
#include "core/data/collator.h"

#include <cstdint>
#include <vector>

namespace lora {

/// Deals training rows to optimiser steps as Hugging Face's Trainer does: each epoch is shuffled anew, the
/// last batch of an epoch may be smaller, and the last accumulation group may have fewer batches. What a step
/// gets is a function of (data, options, step) alone, so a run can resume at any step bit for bit.
class DataLoader
{
public:
    struct Options
    {
        int batchSize = 32;
        int accumulationSteps = 1; ///< batches of one optimiser step
        bool isShuffled = true;
        std::uint64_t seed = 42;
    };

    /// `dataset` has to outlive the loader. Throws lora::Error (BadInput) when it has no rows.
    DataLoader(const TokenizedDataset& dataset, TaskType task, const Options& options);
    /// Options as the experiment has them.
    DataLoader(const TokenizedDataset& dataset, const ExperimentConfig& experiment);

    std::int64_t batchesPerEpoch() const;
    std::int64_t stepsPerEpoch() const; ///< optimiser steps

    /// The batches of optimiser step `step`, counted from 0 over all epochs, into `group`, whose storage is
    /// used again.
    void load(std::int64_t step, std::vector<Batch>& group);
    /// Epochs done after `steps` optimiser steps.
    double epochsAfter(std::int64_t steps) const;

private:
    void arrangeEpoch(std::int64_t epoch);

    Collator m_collator;
    Options m_options;
    std::int64_t m_epoch = -1; ///< the one `m_order` is of
    std::vector<std::uint32_t> m_order;
};

DataLoader::Options loaderOptions(const ExperimentConfig& experiment);
/// Optimiser steps of a run: max_steps, else num_train_epochs rounded up to a step.
std::int64_t plannedSteps(const TrainingConfig& training, std::int64_t stepsPerEpoch);

/// Deals evaluation rows in file order to batches of at most `tokenBudget` tokens (at least one row each).
class EvaluationLoader
{
public:
    /// `dataset` has to outlive the loader. `seed` decides what masked language modelling hides.
    EvaluationLoader(const TokenizedDataset& dataset, TaskType task, std::int64_t tokenBudget,
                     std::uint64_t seed);

    std::size_t size() const { return m_firstRows.size() - 1; } ///< batches
    void load(std::size_t batch, Batch& out) const;

private:
    Collator m_collator;
    std::vector<std::uint32_t> m_firstRows; ///< of each batch, and the number of rows
    std::vector<std::uint32_t> m_rows;      ///< 0, 1, 2, …
};

} // namespace lora
