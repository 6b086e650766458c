#include "app/cli/cache_arguments.h"
#include "app/cli/console_sweep.h"
#include "app/cli/exit_codes.h"
#include "app/cli/run_arguments.h"
#include "app/cli/stop_signals.h"
#include "app/cli/subcommand.h"
#include "app/cli/sweep_tables.h"
#include "app/cli/training_session.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/models/model_loader.h"
#include "core/runs/run_comparison.h"
#include "core/runs/run_files.h"
#include "core/runs/run_reader.h"
#include "core/sweep/sweep_runner.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

namespace fs = std::filesystem;

struct SweepOptions
{
    std::string experiment;
    std::vector<std::string> settings;
    SweepTexts axes;
    std::string alpha;
    bool isFullIncluded = false;
    bool isHeadIncluded = false;
    std::string out;
    std::string resume;
    bool isDryRun = false;
    std::optional<std::uint64_t> cacheBudget;
};

/// A sweep with what its runs are expected to cost.
struct CostedSweep
{
    Sweep sweep;
    CostInputs inputs;
    std::vector<PlannedCost> costs;
};

SweepPlan planOf(const SweepOptions& options)
{
    if (options.experiment.empty())
        throw Error(ErrorKind::BadUsage, "no experiment file given",
                    "Give EXPERIMENT.json and --ranks, or --resume DIR to go on with a sweep.");
    const ExperimentConfig base = loadExperiment(options.experiment, options.settings);
    ConfigIssues issues;
    SweepAxes axes = readAxes(options.axes, issues);
    throwOnErrors(issues, "sweep");
    if (!options.alpha.empty())
        axes.alpha = options.alpha == "fixed" ? AlphaPolicy::Fixed : AlphaPolicy::Ratio;
    axes.isFullIncluded = options.isFullIncluded;
    axes.isHeadIncluded = options.isHeadIncluded;
    return planSweep(base, axes, describeModel(base.model, base.task));
}

void estimate(CostedSweep& costed, Console& console)
{
    console.status("reading the model and the data");
    costed.inputs = gatherCostInputs(costed.sweep.plan.runs.front().experiment);
    costed.costs = estimateSweep(costed.sweep.plan, costed.inputs.facts, costed.inputs.calibration);
    console.clearStatus();
}

SweepData dataOf(const CostInputs& inputs)
{
    return {inputs.trainHash, inputs.evalHash};
}

/// Planned and costed; on the disk unless it is a dry run.
CostedSweep newSweep(const SweepOptions& options, Console& console)
{
    CostedSweep costed;
    costed.sweep.plan = planOf(options);
    estimate(costed, console);
    if (!options.isDryRun)
        costed.sweep = createSweep(options.out.empty() ? defaultRunsFolder() : fs::path(options.out),
                                   costed.sweep.plan, dataOf(costed.inputs));
    return costed;
}

CostedSweep resumedSweep(const SweepOptions& options, Console& console)
{
    std::error_code ignored;
    const fs::path known = defaultRunsFolder() / options.resume;
    const bool isName = !fs::exists(options.resume, ignored) && fs::exists(known / sweepFile, ignored);
    CostedSweep costed{openSweep(isName ? known : fs::path(options.resume)), {}, {}};
    estimate(costed, console);
    if (costed.sweep.data != dataOf(costed.inputs))
        throw Error(ErrorKind::BadInput, "the data has changed since this sweep began",
                    "Restore the data files, or begin a new sweep: its runs would not be pairs.");
    return costed;
}

bool isDone(const Sweep& sweep, std::size_t run)
{
    return !sweep.runNames.empty() && stateOf(sweep, run) == PlannedRunState::Done;
}

std::vector<PlannedLine> linesOf(const CostedSweep& costed)
{
    std::vector<PlannedLine> lines;
    for (std::size_t i = 0; i < costed.costs.size(); ++i)
        lines.push_back({costed.sweep.plan.runs[i].label, costed.costs[i], isDone(costed.sweep, i)});
    return lines;
}

std::vector<SweptRun> doneRuns(const CostedSweep& costed)
{
    std::vector<SweptRun> runs;
    for (std::size_t i = 0; i < costed.costs.size(); ++i)
        if (isDone(costed.sweep, i))
            runs.push_back({i + 1, readRun(costed.sweep.runFolder(i)), costed.costs[i].computeRatio});
    return runs;
}

void printResults(const CostedSweep& costed, Console& console)
{
    const Sweep& sweep = costed.sweep;
    const std::vector<SweptRun> runs = doneRuns(costed);
    SweepResults results = sweepResults(runs);
    double seconds = 0;
    for (const SweptRun& run : runs)
        seconds += run.record->summary.trainSeconds;
    const auto paragraph = [](const std::string& text) { return text.empty() ? "" : "\n" + text; };
    if (!runs.empty())
        console.print(
            "\n" + results.table + paragraph(results.statistics) +
            (results.conclusion.empty() ? "" : "\n" + wrapped(printable(results.conclusion), 80) + "\n") +
            fmt::format("\n{} of training in all\n", durationText(seconds)));
    console.print(
        fmt::format("sweep  {}\nruns   {}\n", sweep.folder.string(), sweep.folder.parent_path().string()));
    nlohmann::ordered_json& document = results.document;
    document["sweep"] = sweep.folder.string();
    document["planned"] = sweep.plan.runs.size();
    console.document(document);
}

int sweep(const SweepOptions& options, Console& console)
{
    const CostedSweep costed =
        options.resume.empty() ? newSweep(options, console) : resumedSweep(options, console);
    const std::vector<PlannedLine> lines = linesOf(costed);
    console.print(planTable(lines));
    if (options.isDryRun) {
        console.document(planJson(lines));
        return exit_codes::done;
    }
    console.log("sweep folder: " + costed.sweep.folder.string());
    TrainingControl control;
    const StopSignals signals(control);
    ConsoleSweep observer(costed.sweep, "", console);
    const RunStatus status =
        runSweep(costed.sweep, prefixBudgetWithin(options.cacheBudget), observer, control);
    printResults(costed, console);
    if (status == RunStatus::Stopped)
        console.warn("hint: go on with: lora-workbench-cli sweep --resume " + costed.sweep.folder.string());
    return exitCode(status);
}

constexpr const char* footer =
    "Runs are pairs: with the same seed they get the same split of the data, the same\n"
    "batches in the same order and the same start of head and adapters. Frozen layers\n"
    "run once for all runs that share them. Every run is an ordinary run folder, side\n"
    "by side with the sweep's own: runs, compare, report and the window find it.\n"
    "A run that diverges is recorded and the sweep goes on (exit code 3 at its end).";

/// The axes and what else makes a new sweep.
std::vector<CLI::Option*> addPlanOptions(CLI::App& app, SweepOptions& options)
{
    return {
        app.add_option("--set", options.settings, "Override one value of the experiment; may be repeated.")
            ->type_name("KEY=VALUE")
            ->allow_extra_args(false),
        app.add_option("--ranks", options.axes.ranks,
                       "Ranks of LoRA, for example 1,4,16; without it the experiment's own.")
            ->type_name("LIST"),
        app.add_option("--targets", options.axes.targets,
                       "Sets of modules between semicolons: \"query,value;all-linear\"; regex:… is a regular "
                       "expression as in PEFT.")
            ->type_name("SETS"),
        app.add_option("--layers", options.axes.layers,
                       "Sets of layers between semicolons: \"all;top-half;top-quarter;0,1;8-11\".")
            ->type_name("SETS"),
        app.add_option("--variants", options.axes.variants,
                       "Variants of LoRA, of: lora,rslora,dora,pissa,olora,lora-fa,lora+ (the last with the "
                       "experiment's loraplus_lr_ratio, else 16); without it the experiment's own.")
            ->type_name("LIST"),
        app.add_option("--learning-rates", options.axes.learningRates,
                       "Learning rates of LoRA and of the head, for example 5e-4,1e-3,2e-3: ranks compared "
                       "each at its best; without it the experiment's own.")
            ->type_name("LIST"),
        app.add_option("--seeds", options.axes.seeds, "Seeds, for example 1,2,3.")->type_name("LIST"),
        app.add_option("--alpha", options.alpha,
                       "ratio: lora_alpha follows the rank, so that alpha / r is the experiment's at every "
                       "rank; fixed: the number stays. Without it ratio, with use_rslora fixed.")
            ->type_name("POLICY")
            ->check(CLI::IsMember({"ratio", "fixed"})),
        app.add_flag("--with-full", options.isFullIncluded, "Full fine-tuning as well, once for each seed."),
        app.add_option("--full-learning-rates,--full-learning-rate", options.axes.fullLearningRates,
                       "Learning rates of full fine-tuning; without it a tenth of the experiment's, since "
                       "every weight moves.")
            ->type_name("LIST"),
        app.add_flag("--with-head", options.isHeadIncluded,
                     "Training of the head alone as well, once for each seed."),
        app.add_option("--out", options.out,
                       "Folder for the sweep's folder and its runs; without it your runs folder.")
            ->type_name("DIR"),
    };
}

} // namespace

Subcommand addSweep(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "sweep",
        "Train one experiment at several ranks, targets, layers, variants and seeds in pairs; compare.");
    const auto options = std::make_shared<SweepOptions>();
    std::vector<CLI::Option*> ofNew = addPlanOptions(*app, *options);
    ofNew.push_back(app->add_option("EXPERIMENT", options->experiment,
                                    "Experiment file (JSON), as for `train`: what the runs share."));
    CLI::Option* resume =
        app->add_option("--resume", options->resume,
                        "Go on with a sweep: runs that are done stay, the one under way continues from its "
                        "last checkpoint.")
            ->type_name("DIR");
    for (CLI::Option* option : ofNew)
        resume->excludes(option);
    app->add_flag("--dry-run", options->isDryRun, "Print the planned runs and their cost; train nothing.");
    addCacheBudget(*app, options->cacheBudget);
    app->footer(footer);
    return {app, [options](Console& console) { return sweep(*options, console); }};
}

} // namespace lora::app
