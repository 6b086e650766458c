#include "app/cli/training_session.h"

#include "app/cli/exit_codes.h"
#include "app/cli/progress_observer.h"

#include "core/runs/run_index.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

void addToIndex(const std::filesystem::path& folder, Console& console)
{
    try {
        RunIndex().add(folder);
    } catch (const Error& error) {
        console.log(fmt::format("note: the run is not in the list of runs: {}", error.what()));
    }
}

} // namespace

FinishedRun trainOnConsole(const RunRequest& request, Console& console, TrainingControl& control)
{
    ProgressObserver progress(console);
    FinishedRun finished;
    finished.outcome = runExperiment(request, progress, control);
    finished.evalExamples = progress.start().evalExamples;
    reportEnd(request.runFolder, finished.outcome, console);
    return finished;
}

void reportEnd(const std::filesystem::path& runFolder, const RunOutcome& outcome, Console& console)
{
    console.clearStatus();
    addToIndex(runFolder, console);
    if (outcome.status == RunStatus::Completed)
        return;
    console.warn(fmt::format("{} at step {}{}", toString(outcome.status), outcome.steps,
                             outcome.message.empty() ? "" : ": " + outcome.message));
    if (!outcome.hint.empty())
        console.warn("hint: " + outcome.hint);
}

int exitCode(RunStatus status)
{
    switch (status) {
    case RunStatus::Completed:
        return exit_codes::done;
    case RunStatus::Stopped:
        return exit_codes::stopped;
    case RunStatus::Diverged:
        return exit_codes::diverged;
    case RunStatus::Failed:
        break;
    }
    return exit_codes::failed;
}

std::vector<std::string> differences(const ExperimentConfig& was, const ExperimentConfig& is)
{
    const nlohmann::ordered_json before = toJson(was).flatten();
    const nlohmann::ordered_json after = toJson(is).flatten();
    const auto text = [](const nlohmann::ordered_json& values, const std::string& key) {
        return values.contains(key)
                   ? values[key].dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                   : std::string("unset");
    };
    std::vector<std::string> found;
    const auto note = [&](std::string pointer) {
        const std::string line = fmt::format("{} → {}", text(before, pointer), text(after, pointer));
        std::ranges::replace(pointer, '/', '.');
        found.push_back(pointer.substr(1) + ": " + line);
    };
    for (const auto& [key, value] : before.items()) {
        if (!after.contains(key) || after[key] != value)
            note(key);
    }
    for (const auto& [key, value] : after.items()) {
        if (!before.contains(key))
            note(key);
    }
    return found;
}

} // namespace lora::app
