#pragma once

#include "app/cli/progress_observer.h"

#include "core/sweep/sweep_runner.h"

#include <optional>
#include <string>

namespace lora::app {

/// Says which run of how many is under way, and shows each as `train` does.
class ConsoleSweep : public SweepObserver
{
public:
    /// `subject` stands before each run's number, "" for none.
    ConsoleSweep(const Sweep& sweep, const std::string& subject, Console& console);

    void onRunSkipped(std::size_t run) override;
    TrainingObserver& onRunBegin(std::size_t run, const RunRequest& request) override;
    void onRunEnd(std::size_t run, const RunOutcome& outcome) override;

private:
    void announce(std::size_t run, const char* how);

    const Sweep& m_sweep;
    std::string m_prefix;
    Console& m_console;
    std::optional<ProgressObserver> m_progress;
};

} // namespace lora::app
