#pragma once

#include "core/sweep/sweep_runner.h"
#include "ui/sweep/sweep_values.h"

#include <filesystem>
#include <memory>
#include <vector>

/// What surrounds the runs of a sweep: all of it reads and writes files, so never on the window's thread.
namespace lora::app {

/// A sweep on the disk and what is left of it.
struct SweepTask
{
    std::shared_ptr<const Sweep> sweep;
    std::vector<std::size_t> runs; ///< still to be made, in order
    PrefixBudget budget;
    PrefixSharing sharing = PrefixSharing::Shared;
    QString title;        ///< of one of several
    QString reproduction; ///< folder of the test of claims it belongs to
};

/// Plans the sweep and writes its folder. Throws lora::Error as planSweep, and where model or data cannot be
/// read.
SweepTask newSweepTask(const std::filesystem::path& runsFolder, const ui::SweepQuestion& question);
/// Throws lora::Error (BadInput) where the data has changed since: its runs would not be pairs.
SweepTask continuedSweepTask(const std::filesystem::path& sweepFolder);
/// Newest first.
std::vector<ui::UnfinishedSweep> unfinishedSweeps(const std::filesystem::path& runsFolder);

} // namespace lora::app
