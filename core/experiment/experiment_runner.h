#pragma once

#include "core/config/experiment_config.h"
#include "core/cost/energy_meter.h"
#include "core/train/prefix_cache.h"
#include "core/train/run_outcome.h"
#include "core/train/training_control.h"
#include "core/train/training_observer.h"

#include <filesystem>
#include <memory>
#include <optional>

namespace lora {

struct RunRequest
{
    ExperimentConfig experiment;
    std::filesystem::path runFolder;
    bool isResumed = false; ///< continue `runFolder` from its last checkpoint
    /// Runs that share it share what the frozen layers compute; null: this run has one of its own, within the
    /// user's budget.
    std::shared_ptr<PrefixCache> prefixCache = nullptr;
    std::filesystem::path energyCounters = powercapFolder; ///< see EnergyMeter
};

/// Runs one experiment from files to adapter: loads, trains, records into `runFolder` (see runs/README),
/// evaluates, exports. Blocks. Observer calls come on the calling thread. Bad input throws lora::Error before
/// the folder is made; whatever happens later leaves a readable folder with its outcome in summary.json.
RunOutcome runExperiment(const RunRequest& request, TrainingObserver& observer, TrainingControl& control);

/// "<folder>/<date>-<time>-<name>", not yet existing.
std::filesystem::path newRunFolder(const std::filesystem::path& parent, const ExperimentConfig& experiment);

} // namespace lora
