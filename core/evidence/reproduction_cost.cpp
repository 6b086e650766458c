#include "core/evidence/reproduction_cost.h"

namespace lora {

std::vector<PlannedCost> estimateReproduction(const SweepPlan& plan, const WorkloadFacts& facts,
                                              const Calibration& calibration)
{
    std::vector<PlannedCost> costs;
    for (const PlannedRun& run : plan.runs)
        costs.push_back(estimateSweep({plan.name, {run}}, facts, calibration).front());
    return costs;
}

} // namespace lora
