#pragma once

#include "core/train/step_metrics.h"

#include <string>
#include <string_view>
#include <variant>

namespace lora {

/// One line of metrics.jsonl with its newline, keys as in a run folder's format:
/// {"step","epoch","loss","learning_rate","grad_norm","tokens_per_second","seconds"} for a step,
/// {"step","epoch","seconds","eval_loss",…} for an evaluation. Numbers that are not finite are written as
/// null.
std::string toLine(const StepMetrics& metrics);
std::string toLine(const EvalMetrics& metrics);

/// Reads one line; null numbers become NaN. Throws lora::Error (BadInput) that begins with `place` ("file,
/// line 7").
std::variant<StepMetrics, EvalMetrics> metricsFromLine(std::string_view line, std::string_view place);

} // namespace lora
