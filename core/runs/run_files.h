#pragma once

#include <filesystem>
#include <string>

namespace lora {

/// Names of the files in a run folder; the folder is the truth about a run and readable by people.
namespace run_files {
inline constexpr const char* experiment = "experiment.json";
inline constexpr const char* metrics = "metrics.jsonl";
inline constexpr const char* summary = "summary.json";
/// What the evaluation said about each example; see outcome_file.h.
inline constexpr const char* evalExamples = "eval_examples.jsonl";
/// The checks its exports passed; see export_record.h.
inline constexpr const char* exports = "exports.json";
/// Key of experiment.json beside the experiment's own: {"model","train","eval"}, what the run was made from.
inline constexpr const char* hashesKey = "hashes";
/// Another such key: names of the classes, in the order of their ids.
inline constexpr const char* labelsKey = "labels";
} // namespace run_files

/// Whether the folder holds a run: an experiment.json and a metrics.jsonl.
bool holdsRun(const std::filesystem::path& folder);

/// $XDG_DATA_HOME/lora-workbench, else ~/.local/share/lora-workbench; not created.
std::filesystem::path dataHome();
/// Where runs go that were not given a folder: dataHome()/runs.
std::filesystem::path defaultRunsFolder();

/// "Intel(R) … , 8 threads, 15.5 GiB": the machine a measurement was made on; no names of host or user.
std::string hostDescription();
/// Version of this program.
std::string programVersion();

} // namespace lora
