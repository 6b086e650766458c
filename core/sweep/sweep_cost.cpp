#include "core/sweep/sweep_cost.h"

#include "core/data/data_loader.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace lora {

namespace {

double epochsOf(const TrainingConfig& training, std::size_t rows)
{
    const double rowsPerStep =
        static_cast<double>(training.perDeviceTrainBatchSize) * training.gradientAccumulationSteps;
    const double stepsPerEpoch = std::max(1.0, std::ceil(static_cast<double>(rows) / rowsPerStep));
    return static_cast<double>(plannedSteps(training, static_cast<std::int64_t>(stepsPerEpoch))) /
           stepsPerEpoch;
}

/// Share of a run's work that is the frozen layers' one pass over the rows. The report tells what the cache
/// saves on the mean of the epochs: every pass but the first.
double prefixShare(const MethodCost& cost, double epochs)
{
    const double total = cost.flopsPerToken.total();
    if (cost.prefixSaving <= 0 || epochs <= 1 || total <= 0)
        return 0;
    const double onePass = cost.prefixSaving / (1 - 1 / epochs); // FLOPs per token
    return std::clamp(onePass / epochs / total, 0.0, 1.0);
}

} // namespace

std::vector<PlannedCost> estimateSweep(const SweepPlan& plan, const WorkloadFacts& facts,
                                       const Calibration& calibration)
{
    std::vector<PlannedCost> costs;
    std::set<std::pair<int, std::uint64_t>> computed; // lowest layer and what parts the data
    for (const PlannedRun& run : plan.runs) {
        const CostReport report = estimateCost(run.experiment, facts, calibration);
        const double epochs = epochsOf(run.experiment.training, facts.trainLengths.size());
        PlannedCost& cost = costs.emplace_back();
        cost.trainableParameters = report.method.parameters.trainable;
        cost.computeRatio = report.computeRatio();
        cost.flops = report.method.flopsPerEpoch * epochs;
        cost.seconds = report.method.secondsPerEpoch * epochs;
        cost.memoryBytes = report.method.memory.total();
        const double share = prefixShare(report.method, epochs);
        const std::uint64_t split = run.experiment.data.eval ? 0 : run.experiment.training.seed;
        if (share > 0 && !computed.insert({run.lowestLayer, split}).second) {
            cost.sharesPrefix = true;
            cost.seconds *= 1 - share;
        }
    }
    return costs;
}

} // namespace lora
