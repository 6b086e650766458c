#pragma once

#include "app/cli/console.h"

#include "core/experiment/experiment_runner.h"

namespace lora::app {

/// One run as the command line makes it.
struct FinishedRun
{
    RunOutcome outcome;
    std::int64_t evalExamples = 0;
};

/// Runs an experiment with progress on the console and adds it to the run index (where that fails it is a
/// note: the folder is the truth). Says why a run ended other than completed.
FinishedRun trainOnConsole(const RunRequest& request, Console& console, TrainingControl& control);

/// What follows a run on the console: the list of runs gets it, and why it ended other than completed is
/// said.
void reportEnd(const std::filesystem::path& runFolder, const RunOutcome& outcome, Console& console);

/// 0 completed, 130 stopped, 3 diverged, 1 failed.
int exitCode(RunStatus status);

/// "key: was → is" of every setting in which two experiments differ.
std::vector<std::string> differences(const ExperimentConfig& was, const ExperimentConfig& is);

} // namespace lora::app
