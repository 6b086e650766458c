#pragma once

#include "core/runs/run_record.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <vector>

namespace lora {

/// What a metrics.jsonl says. A last line without its newline was torn by a crash: it is ignored.
struct MetricsLog
{
    std::vector<StepMetrics> steps;
    std::vector<EvalMetrics> evaluations;
    std::uintmax_t wholeBytes = 0; ///< length of the part that was read into the above
};

/// Reads metrics.jsonl up to and including `lastStep`; the first line of a later step ends it. Throws
/// lora::Error naming file and line.
MetricsLog readMetrics(const std::filesystem::path& file,
                       std::int64_t lastStep = std::numeric_limits<std::int64_t>::max());

/// summary.json of a run folder; an empty summary when there is none.
RunSummary readSummary(const std::filesystem::path& folder);

/// Reads a whole run folder. Without summary.json the outcome is "running" while a process writes the run,
/// else "interrupted", and steps, times and metrics are those of metrics.jsonl. Throws lora::Error (BadUsage
/// for a folder that is no run, BadInput naming file and line for a damaged one).
std::shared_ptr<const RunRecord> readRun(const std::filesystem::path& folder);

/// Hashes of what the run was made from, "" where unknown.
struct RunHashes
{
    std::string model;
    std::string train;
    std::string eval;
};
RunHashes readRunHashes(const std::filesystem::path& folder);

/// Names of the classes the run was trained on, by id; empty where the task has none.
std::vector<std::string> readRunLabels(const std::filesystem::path& folder);

} // namespace lora
