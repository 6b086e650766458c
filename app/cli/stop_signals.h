#pragma once

#include "core/train/training_control.h"

#include <thread>

#include <csignal>

namespace lora::app {

/// While it lives, the first SIGINT or SIGTERM asks the training to stop, which ends the step and leaves the
/// run folder whole; another one later ends the program at once with exit code 130. One at a time in a
/// program.
class StopSignals
{
public:
    explicit StopSignals(TrainingControl& control);
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

private:
    struct sigaction m_previousInterrupt
    {};
    struct sigaction m_previousTerminate
    {};
    std::jthread m_listener;
};

} // namespace lora::app
