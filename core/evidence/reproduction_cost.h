#pragma once

#include "core/sweep/sweep_cost.h"

#include <vector>

namespace lora {

/// One entry for each planned run, in order: as `estimateSweep`, but every run computes for itself what
/// frozen layers make of the rows.
std::vector<PlannedCost> estimateReproduction(const SweepPlan& plan, const WorkloadFacts& facts,
                                              const Calibration& calibration);

} // namespace lora
