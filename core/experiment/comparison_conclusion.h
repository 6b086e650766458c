#pragma once

#include "core/runs/run_comparison.h"

#include <cstdint>
#include <string>

namespace lora {

/// One standard error of an accuracy measured on `rows` rows: sqrt(p (1 − p) / rows), of the binomial
/// distribution.
double accuracyStandardError(double accuracy, std::int64_t rows);

/// What a comparison of LoRA runs with full fine-tuning by accuracy on `evalRows` rows says, in one or two
/// sentences made from its numbers alone. "Within noise" only where the difference is at most one standard
/// error of either accuracy; of several such runs the one that computes least is named, else the most
/// accurate one with what it gains or lacks. Empty when there is no full fine-tuning run, no LoRA run or no
/// accuracy.
std::string comparisonConclusion(const RunComparison& comparison, std::int64_t evalRows);

} // namespace lora
