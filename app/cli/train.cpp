#include "app/cli/cache_arguments.h"
#include "app/cli/experiment_help.h"
#include "app/cli/run_arguments.h"
#include "app/cli/stop_signals.h"
#include "app/cli/subcommand.h"
#include "app/cli/training_session.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/runs/run_files.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_summary_json.h"

#include <charconv>

namespace lora::app {

namespace {

struct TrainOptions
{
    std::string experiment;
    std::string out;
    std::string resume;
    std::vector<std::string> settings;
    std::optional<std::uint64_t> cacheBudget;
};

/// "training.threads=N": a run started on another number of processors needs its own number to go on bit by
/// bit.
void applyThreads(const std::string& setting, ExperimentConfig& experiment)
{
    constexpr std::string_view key = "training.threads=";
    int threads = 0;
    const char* const end = setting.data() + setting.size();
    if (!setting.starts_with(key) || std::from_chars(setting.data() + key.size(), end, threads).ptr != end ||
        threads < 0)
        throw Error(ErrorKind::BadUsage, fmt::format("--set {} cannot change a run that is resumed", setting),
                    "Only training.threads may be set; train a new run with other settings.");
    experiment.training.threads = threads;
}

/// The experiment of the run that is resumed; what the user gave besides must say the same, since bits
/// continue only where every setting does.
ExperimentConfig resumedExperiment(const TrainOptions& options, const std::filesystem::path& folder)
{
    ExperimentConfig recorded = readRun(folder)->experiment;
    if (options.experiment.empty()) {
        for (const std::string& setting : options.settings)
            applyThreads(setting, recorded);
        return recorded;
    }
    const ExperimentConfig given = loadExperiment(options.experiment, options.settings);
    recorded.training.threads = given.training.threads;
    const std::vector<std::string> changed = differences(recorded, given);
    if (!changed.empty())
        throw Error(ErrorKind::BadUsage,
                    fmt::format("{}: the run in {} was made with other settings:\n  {}", options.experiment,
                                folder.string(), fmt::join(changed, "\n  ")),
                    "Resume with --resume alone, or train a new run with other settings.");
    return recorded;
}

RunRequest requestOf(const TrainOptions& options)
{
    if (!options.resume.empty()) {
        const std::filesystem::path folder = runFolderOf(options.resume);
        return {resumedExperiment(options, folder), folder, true};
    }
    if (options.experiment.empty())
        throw Error(ErrorKind::BadUsage, "no experiment file given",
                    "Give EXPERIMENT.json, or --resume RUN to go on with a run.");
    ExperimentConfig experiment = loadExperiment(options.experiment, options.settings);
    const std::filesystem::path folder = options.out.empty() ? newRunFolder(defaultRunsFolder(), experiment)
                                                             : std::filesystem::path(options.out);
    return {std::move(experiment), folder, false};
}

std::string metricsText(const std::map<std::string, double>& metrics)
{
    std::string text;
    for (const auto& [name, value] : metrics)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, significantText(value, 4));
    return text.empty() ? "not evaluated" : text;
}

std::string summaryText(const RunSummary& summary, const std::filesystem::path& folder)
{
    std::string text =
        fmt::format("{}: {} steps, {} epochs, {} of training\n", summary.outcome, summary.steps,
                    significantText(summary.epochs), durationText(summary.trainSeconds));
    text +=
        fmt::format("trained parameters  {} of {}\n", summary.trainableParameters, summary.totalParameters);
    if (summary.flops > 0 && summary.flopsFullFineTuning > 0)
        text +=
            fmt::format("compute             {} ({} against full fine-tuning, by the ledger)\n",
                        flopsText(summary.flops), changeText(summary.flops / summary.flopsFullFineTuning));
    if (summary.peakMemoryBytes > 0)
        text +=
            fmt::format("peak memory         {}{}\n", bytesText(static_cast<double>(summary.peakMemoryBytes)),
                        summary.estimatedMemoryBytes
                            ? fmt::format(" (estimated {})", bytesText(*summary.estimatedMemoryBytes))
                            : "");
    if (summary.energyJoules)
        text += fmt::format("energy              {} of the processors, evaluations included\n",
                            energyText(*summary.energyJoules));
    constexpr std::size_t indent = 20;
    text += besideLabel("untuned", metricsText(summary.untuned), indent) + "\n";
    text += besideLabel("best", fmt::format("{} (step {})", metricsText(summary.best), summary.bestStep),
                        indent) +
            "\n";
    return text + fmt::format("run folder          {}\n", folder.string());
}

int train(const TrainOptions& options, Console& console)
{
    TrainingControl control;
    const StopSignals signals(control);
    RunRequest request = requestOf(options);
    request.prefixCache = prefixCacheWithin(options.cacheBudget);
    console.log("run folder: " + request.runFolder.string());
    const FinishedRun finished = trainOnConsole(request, console, control);
    const RunSummary summary = readSummary(request.runFolder);
    console.print(summaryText(summary, request.runFolder));
    console.document(toJson(summary));
    return exitCode(finished.outcome.status);
}

} // namespace

Subcommand addTrain(CLI::App& program)
{
    CLI::App* app = program.add_subcommand("train", "Train one experiment and record it in a run folder.");
    const auto options = std::make_shared<TrainOptions>();
    app->add_option("EXPERIMENT", options->experiment, "Experiment file (JSON; // comments are accepted).");
    CLI::Option* out = app->add_option("--out", options->out,
                                       "Run folder to make; without it a new one in your runs folder.")
                           ->type_name("RUN");
    app->add_option("--set", options->settings,
                    "Override one value of the experiment, for example --set method.r=16; may be repeated.")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    app->add_option("--resume", options->resume,
                    "Go on with a run from its last checkpoint; the experiment is the run's own.")
        ->type_name("RUN")
        ->excludes(out);
    addCacheBudget(*app, options->cacheBudget);
    app->footer(experimentHelp());
    return {app, [options](Console& console) { return train(*options, console); }};
}

} // namespace lora::app
