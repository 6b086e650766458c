#pragma once

#include "core/analysis/rank_advice.h"
#include "core/train/example_outcomes.h"

#include <optional>
#include <string>

namespace lora {

/// By how much `changed` is worse than `original` by `metric` on the same examples, with a 95 % interval of
/// the paired bootstrap; none when the outcomes do not tell the metric.
std::optional<RankLoss> qualityLoss(const ExampleOutcomes& original, const ExampleOutcomes& changed,
                                    const std::string& metric);

} // namespace lora
