#include "core/cost/cost_report.h"

namespace lora {

namespace {

double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

} // namespace

double CostReport::parameterRatio() const
{
    return ratio(static_cast<double>(method.parameters.trainable),
                 static_cast<double>(fullFineTuning.parameters.trainable));
}

double CostReport::computeRatio() const
{
    return ratio(method.flopsPerEpoch, fullFineTuning.flopsPerEpoch);
}

double CostReport::memoryRatio() const
{
    return ratio(method.memory.total(), fullFineTuning.memory.total());
}

double CostReport::timeRatio() const
{
    return ratio(method.secondsPerStep, fullFineTuning.secondsPerStep);
}

} // namespace lora
