#pragma once

#include "core/sweep/sweep_plan.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lora {

inline constexpr const char* sweepFile = "sweep.json";

/// Hashes of the data all runs are made from.
struct SweepData
{
    std::string train;
    std::string eval; ///< empty when split from the training file

    bool operator==(const SweepData&) const = default;
};

/// A sweep as it lies on the disk: `<out>/<date>-<time>-sweep-<name>/sweep.json` is the plan, and its runs
/// are ordinary run folders beside that folder, so that whatever looks for runs finds them. How far it has
/// come is told by the run folders alone.
struct Sweep
{
    std::filesystem::path folder; ///< absolute
    SweepPlan plan;
    std::vector<std::string> runNames; ///< of the run folders, fixed with the plan
    SweepData data;

    std::filesystem::path runFolder(std::size_t run) const { return folder.parent_path() / runNames.at(run); }
};

/// Names the folders and writes sweep.json, whole or not at all. Throws lora::Error (FileSystem).
Sweep createSweep(const std::filesystem::path& parent, const SweepPlan& plan, const SweepData& data);

/// Reads it back from the sweep's folder. Throws lora::Error: BadUsage for a folder without sweep.json,
/// BadInput for a damaged one.
Sweep openSweep(const std::filesystem::path& folder);

/// The sweeps right in a folder, newest first; what cannot be read is left out.
std::vector<Sweep> sweepsIn(const std::filesystem::path& parent);

enum class PlannedRunState {
    Waiting, ///< not begun
    Begun,   ///< stopped, failed or killed on its way: goes on from its last checkpoint
    Done     ///< completed, or diverged, which would happen again
};
PlannedRunState stateOf(const Sweep& sweep, std::size_t run);
/// Those that are not done, in order.
std::vector<std::size_t> runsLeft(const Sweep& sweep);

} // namespace lora
