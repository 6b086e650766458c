#pragma once

#include "core/runs/run_record.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace lora {

/// What a ratio to full fine-tuning was computed from.
enum class RatioSource {
    None,    ///< nothing to compare with
    Ledger,  ///< this run's FLOP ledger of the same steps by full fine-tuning
    Measured ///< a full fine-tuning run of the same model and data among those compared
};

/// One run of a comparison. Ratios are per token trained, so that runs of different length compare.
struct ComparisonRow
{
    std::string id;
    std::string name;
    std::string outcome;
    std::string method;      ///< "lora", "full", "head"
    std::optional<int> rank; ///< LoRA only
    std::string targets;     ///< "query, value", "all-linear"; empty unless LoRA
    std::int64_t trainableParameters = 0;
    std::int64_t totalParameters = 0;
    std::optional<double> computeRatio;
    RatioSource computeRatioSource = RatioSource::None;
    double peakMemoryBytes = 0;        ///< 0: not measured
    std::optional<double> memoryRatio; ///< only against a measured full run
    double trainSeconds = 0;
    std::optional<double> timeRatio; ///< only against a measured full run
    std::int64_t steps = 0;
    std::optional<double> metric; ///< RunComparison::metric of the model the run hands over
    std::optional<double> untunedMetric;
};

/// A setting that is not the same in all runs.
struct DifferingSetting
{
    std::string key;                 ///< as in an experiment file, for example "method.r"
    std::vector<std::string> values; ///< one for each row
};

struct RunComparison
{
    std::string metric; ///< the primary metric all runs have in common, for example "accuracy"
    std::vector<ComparisonRow> rows;
    std::vector<DifferingSetting> differing;
};

/// Rows in the order of `runs`.
RunComparison compareRuns(const std::vector<std::shared_ptr<const RunRecord>>& runs);

/// "query, value"; "all-linear"; with layersToTransform "… in layers 3, 4".
std::string targetsText(const LoraConfig& config);

/// A table of at most 80 columns for a terminal, lines ending with '\n', and a line about where the ratios
/// come from.
std::string comparisonTable(const RunComparison& comparison);

/// Metrics of the model a run hands over: the best where load_best_model_at_end is on, else the last.
const std::map<std::string, double>& finalMetrics(const RunRecord& run);

/// {"runs": [{"id","name",…summary}], "paired": []}; see pairedJson of run_statistics.h.
nlohmann::ordered_json comparisonJson(const std::vector<std::shared_ptr<const RunRecord>>& runs);

} // namespace lora
