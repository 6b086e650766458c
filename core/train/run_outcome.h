#pragma once

#include <cstdint>
#include <string>

namespace lora {

/// How a run ended. Stop and divergence are outcomes, not errors.
enum class RunStatus { Completed, Stopped, Diverged, Failed };

/// "completed", "stopped", "diverged", "failed".
const char* toString(RunStatus status);

struct RunOutcome
{
    RunStatus status = RunStatus::Completed;
    std::int64_t steps = 0;
    double epochs = 0;
    double trainSeconds = 0; ///< training steps alone, without evaluation and pauses
    std::int64_t tokensTrained = 0;
    std::string message; ///< why it stopped early, diverged or failed; empty when completed
    std::string hint;
};

} // namespace lora
