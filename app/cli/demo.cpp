#include "app/cli/cache_arguments.h"
#include "app/cli/run_report.h"
#include "app/cli/stop_signals.h"
#include "app/cli/subcommand.h"
#include "app/cli/training_session.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/experiment/demo_experiments.h"
#include "core/runs/run_comparison.h"
#include "core/runs/run_files.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_statistics.h"

#include <ctime>

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

namespace fs = std::filesystem;
using Runs = std::vector<std::shared_ptr<const RunRecord>>;

/// "<data home>/demos/<date>-<time>", not yet existing.
fs::path newDemoFolder()
{
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    std::array<char, 32> stamp{};
    std::strftime(stamp.data(), stamp.size(), "%Y-%m-%d-%H%M%S", &local);
    const fs::path parent = dataHome() / "demos";
    fs::path folder = parent / stamp.data();
    for (int copy = 2; fs::exists(folder); ++copy)
        folder = parent / fmt::format("{}-{}", stamp.data(), copy);
    return folder;
}

/// Before minutes of training, not after.
void refuseUsedFolder(const fs::path& folder)
{
    std::error_code error;
    if (fs::exists(folder, error) && !fs::is_directory(folder, error))
        throw Error(ErrorKind::FileSystem,
                    fmt::format("--out: {} is a file, expected a folder", folder.string()),
                    "Name a new folder.");
    if (fs::exists(folder, error) && !fs::is_empty(folder, error))
        throw Error(ErrorKind::FileSystem, fmt::format("--out: the folder {} is not empty", folder.string()),
                    "Name a new folder, or leave out --out.");
}

std::string slugOf(const std::string& name)
{
    std::string slug;
    for (const char character : name)
        slug += std::isalnum(static_cast<unsigned char>(character))
                    ? static_cast<char>(std::tolower(static_cast<unsigned char>(character)))
                    : '-';
    return slug;
}

struct DemoOptions
{
    std::string out;
    std::int64_t maxSteps = -1;
    std::optional<std::uint64_t> cacheBudget;
};

/// Trains all of them in turn; ends early with the status of the first run that did not complete.
RunStatus trainAll(const fs::path& out, const DemoOptions& options, Console& console, Runs& runs)
{
    const std::shared_ptr<PrefixCache> cache = prefixCacheWithin(options.cacheBudget);
    std::vector<ExperimentConfig> experiments = demoExperiments();
    TrainingControl control;
    const StopSignals signals(control);
    for (std::size_t i = 0; i < experiments.size(); ++i) {
        ExperimentConfig& experiment = experiments[i];
        if (options.maxSteps > 0)
            experiment.training.maxSteps = options.maxSteps;
        const fs::path folder = out / slugOf(experiment.name);
        console.log(fmt::format("{} of {}: {}", i + 1, experiments.size(), experiment.name));
        const FinishedRun finished = trainOnConsole({experiment, folder, false, cache}, console, control);
        if (finished.outcome.status != RunStatus::Completed)
            return finished.outcome.status;
        runs.push_back(readRun(folder));
    }
    return RunStatus::Completed;
}

double trainSeconds(const Runs& runs)
{
    double seconds = 0;
    for (const auto& run : runs)
        seconds += run->summary.trainSeconds;
    return seconds;
}

/// Table, conclusion and report of a demo whose runs all completed.
void printResults(const fs::path& out, const Runs& runs, Console& console)
{
    const fs::path report = out / "report.html";
    writeReport("LoRA Workbench demo", runs, report, console);
    const RunComparison comparison = compareRuns(runs);
    const RunStatistics statistics = runStatistics(runs, comparison);
    const std::string conclusion = statisticsConclusion(statistics);
    console.print(comparisonTable(comparison) + "\n" + statisticsTable(statistics) + "\n" +
                  wrapped(printable(conclusion), 80) + "\n\n" +
                  fmt::format("{} of training in all\nruns and adapters  {}\nreport             {}\n",
                              durationText(trainSeconds(runs)), out.string(), report.string()));
    nlohmann::ordered_json document = comparisonJson(runs);
    document["paired"] = pairedJson(statistics, comparison);
    document["conclusion"] = conclusion;
    document["report"] = report.string();
    console.document(document);
}

int demo(const DemoOptions& options, Console& console)
{
    const fs::path out = options.out.empty() ? newDemoFolder() : fs::path(options.out);
    refuseUsedFolder(out);
    Runs runs;
    const RunStatus status = trainAll(out, options, console, runs);
    if (status == RunStatus::Completed)
        printResults(out, runs, console);
    else
        console.document(comparisonJson(runs)); // those that were finished
    return exitCode(status);
}

} // namespace

Subcommand addDemo(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "demo",
        "Train the built-in example by LoRA of rank 1, 4 and 16, on the top quarter and in full; compare.");
    const auto options = std::make_shared<DemoOptions>();
    app->add_option("--out", options->out,
                    "Folder for runs, adapters and report.html; without it a new one in your data folder.")
        ->type_name("DIR");
    addCacheBudget(*app, options->cacheBudget);
    app->add_option("--max-steps", options->maxSteps, "End every run after N steps, for a quick look.")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 40));
    return {app, [options](Console& console) { return demo(*options, console); }};
}

} // namespace lora::app
