#pragma once

#include <cstdint>
#include <optional>

namespace lora::ui {

/// Real steps of a configuration beside real steps of full fine-tuning on the same batches.
struct MeasuredCost
{
    std::int64_t pairs = 0; ///< of steps
    double seconds = 0;     ///< of a step
    double fullSeconds = 0;
    double timeRatio = 0; ///< median over the pairs, with its 95 % interval
    double timeLow = 0;
    double timeHigh = 0;
    double flops = 0; ///< of a step
    double fullFlops = 0;
    double memoryBytes = 0; ///< resident
    double fullMemoryBytes = 0;
    std::optional<double> energyRatio; ///< where the machine tells
};

} // namespace lora::ui
