#pragma once

#include "core/train/training_control.h"

#include <thread>

#include <csignal>

namespace lora::app {

/// While it lives, the first SIGINT or SIGTERM asks the training to stop, which ends the step and leaves the
/// run folder whole; the second ends the program at once with exit code 130. Make it before any worker
/// thread: they inherit the blocked signals.
class StopSignals
{
public:
    explicit StopSignals(TrainingControl& control);
    ~StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

private:
    sigset_t m_signals{};
    sigset_t m_previous{};
    std::jthread m_listener;
};

} // namespace lora::app
