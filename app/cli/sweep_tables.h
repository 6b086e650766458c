#pragma once

#include "core/experiment/cost_estimation.h"
#include "core/runs/run_record.h"
#include "core/sweep/sweep_cost.h"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace lora::app {

/// A planned run as the table before a sweep shows it.
struct PlannedLine
{
    std::string label;
    PlannedCost cost;
    bool isDone = false; ///< by an earlier session
};

/// At most 80 columns; with the total, and what of it is an estimate.
std::string planTable(const std::vector<PlannedLine>& lines);
nlohmann::ordered_json planJson(const std::vector<PlannedLine>& lines);

/// A run that is done, with its place in the plan.
struct SweptRun
{
    std::size_t number = 0; ///< counted from 1
    std::shared_ptr<const RunRecord> record;
    double computeRatioAlone = 0; ///< to full fine-tuning, had it shared nothing with earlier runs
};

/// What a sweep's runs say, for people and as the document of `compare` with "conclusion".
struct SweepResults
{
    std::string table;      ///< that of `compare`, the runs numbered as in the plan
    std::string statistics; ///< seeds of one configuration grouped, against the baseline; may be empty
    std::string conclusion; ///< over all seeds; may be empty
    nlohmann::ordered_json document;
};

/// A run that uses what the frozen layers computed for an earlier one is shown with the compute it would take
/// alone: else ranks would differ by their place in the sweep.
SweepResults sweepResults(const std::vector<SweptRun>& runs);

} // namespace lora::app
