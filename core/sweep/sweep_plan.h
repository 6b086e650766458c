#pragma once

#include "core/sweep/sweep_axes.h"

#include <string>
#include <vector>

namespace lora {

struct ModelSummary;

/// One run of a sweep.
struct PlannedRun
{
    std::string label; ///< what is its own: "r=4 all-linear top-half seed 2"
    ExperimentConfig experiment;
    /// Lowest layer with something to train, −1: the embeddings. Runs of the same one share what the layers
    /// below it compute.
    int lowestLayer = 0;
};

/// Runs made as pairs: with the same seed they get the same split of the data, the same batches in the same
/// order and the same start of the head and of every adapter.
struct SweepPlan
{
    std::string name;
    std::vector<PlannedRun> runs; ///< in the order they are run: those that share layers side by side
};

/// More would be a mistake.
inline constexpr std::size_t mostPlannedRuns = 1000;

/// Every combination of the axes' entries by LoRA, and the baselines. Looks at no file. Throws lora::Error
/// (BadUsage): all problems of all runs at once, with the names of an experiment's fields or of the axes; and
/// as planTraining does where targets match nothing.
SweepPlan planSweep(const ExperimentConfig& base, const SweepAxes& axes, const ModelSummary& model);

/// The problems planSweep would throw, each once, as values to be shown beside their fields. What targets
/// match is looked at by planSweep alone.
ConfigIssues checkSweep(const ExperimentConfig& base, const SweepAxes& axes, const ModelSummary& model);

} // namespace lora
