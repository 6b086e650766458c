#pragma once

#include "core/cost/cost_model.h"
#include "core/sweep/sweep_plan.h"

#include <vector>

namespace lora {

/// What one planned run is expected to cost. Parameters and compute are counted, the rest is estimated.
struct PlannedCost
{
    std::int64_t trainableParameters = 0;
    double computeRatio = 0; ///< to full fine-tuning of the same steps, as if run alone
    double seconds = 0;      ///< of training, without evaluations; less where it shares a prefix
    double memoryBytes = 0;  ///< at its peak
    /// An earlier run of the sweep computes what the frozen layers make of the rows.
    bool sharesPrefix = false;
    double flops = 0; ///< of training, as if run alone
};

/// One entry for each planned run, in order. `facts` are those of the first run: another seed may hold out
/// other rows, which an estimate does not tell apart.
std::vector<PlannedCost> estimateSweep(const SweepPlan& plan, const WorkloadFacts& facts,
                                       const Calibration& calibration);

} // namespace lora
