#pragma once

#include "core/evidence/task_evidence.h"
#include "core/sweep/sweep_folder.h"

#include <filesystem>
#include <vector>

namespace lora {

/// One claim put to the test, with its runs on the disk.
struct ReproducedTask
{
    ArticleClaim claim;
    Sweep sweep;
};

/// `<folder>/reproduction.json` names the claims and the sweep of each, which lie in the same folder with
/// their runs.
struct Reproduction
{
    std::filesystem::path folder;
    std::string command; ///< how it can be made again
    std::vector<ReproducedTask> tasks;
};

inline constexpr const char* reproductionFile = "reproduction.json";

/// Plans the runs of a claim, looking at model and data, and writes their sweep into `folder`.
ReproducedTask createTask(const std::filesystem::path& folder, const ArticleClaim& claim,
                          const ExperimentConfig& experiment, const ReproductionSettings& settings);
/// Writes reproduction.json, whole or not at all. Throws lora::Error (FileSystem).
void writeReproduction(const Reproduction& reproduction);
/// Throws lora::Error: BadUsage for a folder without reproduction.json, BadInput for a damaged one.
Reproduction openReproduction(const std::filesystem::path& folder);

/// From the runs that are done.
TaskEvidence evidenceOf(const ReproducedTask& task);

/// evidence.md and evidence.json beside reproduction.json.
void writeEvidence(const Reproduction& reproduction, const std::vector<TaskEvidence>& evidence,
                   const std::string& host);

} // namespace lora
