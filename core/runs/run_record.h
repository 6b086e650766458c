#pragma once

#include "core/config/experiment_config.h"
#include "core/train/run_outcome.h"
#include "core/train/step_metrics.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// summary.json of a run; keys as in the file ("trainable_parameters", …). Unset = not measured.
struct RunSummary
{
    std::string outcome; ///< completed, stopped, diverged, failed; "running" while there is no summary yet
    std::string message;
    std::int64_t steps = 0;
    double epochs = 0;
    double trainSeconds = 0;
    std::int64_t trainableParameters = 0;
    std::int64_t totalParameters = 0;
    std::int64_t adapterBytes = 0;
    std::int64_t peakMemoryBytes = 0;
    std::optional<double> energyJoules; ///< of the machine's processors meanwhile, evaluations included
    std::int64_t tokensTrained = 0;
    double flops = 0;               ///< ledger, training steps done
    double flopsFullFineTuning = 0; ///< ledger, the same steps by full fine-tuning
    std::optional<double> estimatedSeconds;
    std::optional<double> estimatedMemoryBytes;
    std::optional<double> estimatedFlops;
    std::map<std::string, double> untuned; ///< metrics of step 0, keys without "eval_"
    std::map<std::string, double> final;
    std::map<std::string, double> best;
    std::int64_t bestStep = 0;
    std::string primaryMetric;
    std::string host;
    std::string version;
    std::string startedAt; ///< ISO 8601, UTC
};

/// A run folder read into memory; immutable, shared with the window.
struct RunRecord
{
    std::filesystem::path folder;
    std::string id; ///< folder name
    ExperimentConfig experiment;
    RunSummary summary;
    std::vector<StepMetrics> steps;
    std::vector<EvalMetrics> evaluations;
};

} // namespace lora
