#pragma once

#include "core/evidence/reproduction_request.h"
#include "core/evidence/task_evidence.h"
#include "core/sweep/sweep_folder.h"

#include <filesystem>
#include <functional>
#include <string>
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

/// Where reproductions go that were not given a folder: dataHome()/reproductions.
std::filesystem::path defaultReproductionsFolder();
/// The folder of a new reproduction: `<parent>/<date>-<time>`.
std::filesystem::path newReproductionFolder(const std::filesystem::path& parent);
/// Makes `folder`, which may be there and empty, and writes into it what has to be run; `onClaim` is called
/// before model and data of each claim are looked at. Throws lora::Error (BadUsage, BadInput, FileSystem);
/// then no new folder is left.
Reproduction beginReproduction(const ReproductionRequest& request, const std::filesystem::path& folder,
                               const std::function<void(const ArticleClaim&)>& onClaim = {});

/// Plans the runs of a claim, looking at model and data, and writes their sweep into `folder`.
ReproducedTask createTask(const std::filesystem::path& folder, const ArticleClaim& claim,
                          const ExperimentConfig& experiment, const ReproductionSettings& settings);
/// Writes reproduction.json, whole or not at all. Throws lora::Error (FileSystem).
void writeReproduction(const Reproduction& reproduction);
/// Throws lora::Error: BadUsage for a folder without reproduction.json, BadInput for a damaged one.
Reproduction openReproduction(const std::filesystem::path& folder);
/// Opens one to go on with. Throws as openReproduction and checkDataIsTheSame do.
Reproduction continueReproduction(const std::filesystem::path& folder);
/// The reproductions right in a folder, newest first; what cannot be read is left out.
std::vector<Reproduction> reproductionsIn(const std::filesystem::path& parent);
/// Throws lora::Error (BadInput) where runs are left and the data has changed since: they would be no pairs
/// of those made before.
void checkDataIsTheSame(const ReproducedTask& task);

/// From the runs that are done.
TaskEvidence evidenceOf(const ReproducedTask& task);
std::vector<TaskEvidence> evidenceOf(const Reproduction& reproduction);
/// What the runs were made on; empty where none is done.
std::string hostOf(const Reproduction& reproduction);

/// evidence.md and evidence.json beside reproduction.json.
void writeEvidence(const Reproduction& reproduction, const std::vector<TaskEvidence>& evidence,
                   const std::string& host);

} // namespace lora
