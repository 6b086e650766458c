#pragma once

#include "core/train/example_outcomes.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace lora {

/// A metric of the examples drawn: their indices, any of them several times or not at all.
using DrawnMetric = std::function<double(std::span<const std::uint32_t> drawn)>;

/// How `metric` ("accuracy", "loss", …, as in EvaluationResult::metrics) is computed from an evaluation's
/// outcomes; drawing every example once gives the evaluation's own value. Holds what it needs of them. Empty
/// when the outcomes do not tell it (f1_macro of multi-label classification).
DrawnMetric outcomeMetric(const ExampleOutcomes& outcomes, const std::string& metric);

/// Its value over all examples, each once; NaN when they do not tell it.
double metricOf(const ExampleOutcomes& outcomes, const std::string& metric);

} // namespace lora
