#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace lora::app {

/// What a progress line tells.
struct Progress
{
    std::int64_t step = 0;
    std::int64_t totalSteps = 0;
    double loss = 0;
    double tokensPerSecond = 0;
    double secondsLeft = 0; ///< NaN while unknown
};

/// For a terminal: "█████░░░░░  120/600  loss 0.412  12.3 k tokens/s  ETA 1 min 23 s" in at most `columns`
/// columns; the least important parts go first where it is narrow.
std::string liveProgressLine(const Progress& progress, std::size_t columns);
/// For logs: "step 120/600  loss 0.412  12.3 k tokens/s  ETA 1 min 23 s".
std::string plainProgressLine(const Progress& progress);

} // namespace lora::app
