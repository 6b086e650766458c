#pragma once

#include "core/runs/run_record.h"

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace lora {

/// summary.json: {"outcome","steps",…,"untuned": {"eval_loss",…},"final","best": {"step",…},
/// "estimate": {"seconds","memory_bytes","flops"},"host","version"}. What was not measured is left out.
nlohmann::ordered_json toJson(const RunSummary& summary);

/// Reads it back; `source` names the file in the lora::Error (BadInput) a wrong type throws. Unknown keys are
/// ignored.
RunSummary runSummaryFromJson(const nlohmann::json& document, const std::string& source);

/// Fills untuned (step 0), final (last) and best (by `summary.primaryMetric`, earliest of equals; step 0 only
/// when nothing else was evaluated) from the evaluations of a run. Without a primary metric it becomes
/// "accuracy" where there is one, else "loss".
void summarizeEvaluations(const std::vector<EvalMetrics>& evaluations, RunSummary& summary);

} // namespace lora
