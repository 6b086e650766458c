#include "app/cli/console_sweep.h"
#include "app/cli/exit_codes.h"
#include "app/cli/stop_signals.h"
#include "app/cli/subcommand.h"
#include "app/cli/training_session.h"

#include "core/evidence/reproduction.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

namespace fs = std::filesystem;

struct ReproduceOptions
{
    ReproductionRequest request;
    std::string out, resume;
};

Reproduction begin(const ReproduceOptions& options, Console& console)
{
    const fs::path folder =
        options.out.empty() ? newReproductionFolder(defaultReproductionsFolder()) : fs::path(options.out);
    Reproduction reproduction = beginReproduction(options.request, folder, [&](const ArticleClaim& claim) {
        console.status("reading the model and the data for " + claim.title);
    });
    console.clearStatus();
    return reproduction;
}

int reproduce(const ReproduceOptions& options, Console& console)
{
    const Reproduction reproduction =
        options.resume.empty() ? begin(options, console) : continueReproduction(options.resume);
    std::size_t runs = 0;
    for (const ReproducedTask& task : reproduction.tasks)
        runs += task.sweep.plan.runs.size();
    console.log(fmt::format("{} runs, each on its own", runs));
    console.log("folder: " + reproduction.folder.string());
    TrainingControl control;
    const StopSignals signals(control);
    RunStatus status = RunStatus::Completed;
    std::vector<TaskEvidence> evidence;
    for (const ReproducedTask& task : reproduction.tasks) {
        ConsoleSweep observer(task.sweep, task.claim.title, console);
        const RunStatus taskStatus =
            runSweep(task.sweep, memoryBudget(), observer, control, PrefixSharing::Separate);
        if (taskStatus != RunStatus::Completed)
            status = taskStatus;
        evidence.push_back(evidenceOf(task));
        console.print("\n" + evidenceText(evidence.back()));
        if (taskStatus == RunStatus::Stopped)
            break;
    }
    writeEvidence(reproduction, evidence, hostOf(reproduction));
    nlohmann::ordered_json document = {{"folder", reproduction.folder.string()},
                                       {"tasks", nlohmann::ordered_json::array()}};
    for (const TaskEvidence& task : evidence)
        document["tasks"].push_back(evidenceJson(task));
    console.document(document);
    console.print(fmt::format("\nevidence  {}\n", (reproduction.folder / "evidence.md").string()));
    if (status == RunStatus::Stopped)
        console.warn("hint: go on with: lora-workbench-cli reproduce --resume " +
                     reproduction.folder.string());
    return exitCode(status);
}

constexpr const char* footer =
    "The article behind this program claims 70 % less compute than full fine-tuning\n"
    "for sentiment analysis, 60 % for text classification and 50 % for question\n"
    "answering, at equal quality. This trains full fine-tuning, the head alone, and\n"
    "LoRA on all layers, their top half and their top quarter (there with and without\n"
    "keeping what frozen layers compute) with every seed, and says which claim holds,\n"
    "by measured compute and by paired differences on the same evaluation examples.\n"
    "Give learning rates that suit your model: a badly trained baseline is easily\n"
    "equalled.";

std::vector<CLI::Option*> addPlanOptions(CLI::App& app, ReproduceOptions& options)
{
    std::vector<CLI::Option*> added = {
        app.add_option("--tasks", options.request.tasks, "Any of sentiment,topics,qa; without it all.")
            ->delimiter(',')
            ->type_name("LIST"),
        app.add_option("--model", options.request.model, "Model folder; without it the built-in encoder.")
            ->type_name("MODEL"),
        app.add_option("--seeds", options.request.seeds, "Seeds; every configuration is trained with each.")
            ->delimiter(',')
            ->capture_default_str()
            ->type_name("LIST"),
        app.add_option("--epochs", options.request.epochs, "Passes over the training rows; without it 3.")
            ->check(CLI::PositiveNumber),
        app.add_option("--rank", options.request.rank,
                       "Rank of LoRA, with twice as much alpha; without it 8.")
            ->check(CLI::PositiveNumber),
        app.add_option("--learning-rate", options.request.learningRate,
                       "Of LoRA and of the head; without it 0.002.")
            ->check(CLI::PositiveNumber)
            ->type_name("RATE"),
        app.add_option(
               "--full-learning-rate", options.request.fullLearningRate,
               "Of full fine-tuning; without it 0.001, and a tenth of --learning-rate where that is given.")
            ->check(CLI::PositiveNumber)
            ->type_name("RATE"),
        app.add_option("--set", options.request.settings,
                       "Override one value of all experiments; may be repeated.")
            ->type_name("KEY=VALUE")
            ->allow_extra_args(false),
        app.add_option("--out", options.out, "New folder for runs and evidence.")->type_name("DIR"),
    };
    for (const ArticleClaim& claim : articleClaims()) {
        added.push_back(app.add_option_function<std::string>(
                               "--" + claim.key,
                               [&options, key = claim.key](const std::string& file) {
                                   options.request.train[key] = file;
                               },
                               "Training data for " + claim.title + "; without it " + claim.builtinData + ".")
                            ->type_name("FILE"));
        added.push_back(
            app.add_option_function<std::string>(
                   "--" + claim.key + "-eval",
                   [&options, key = claim.key](const std::string& file) { options.request.eval[key] = file; },
                   "Evaluation data; without it a part of the training data is held out.")
                ->type_name("FILE"));
    }
    return added;
}

} // namespace

Subcommand addReproduce(CLI::App& program)
{
    CLI::App* app =
        program.add_subcommand("reproduce", "Put the article's claims of saved compute to the test.");
    const auto options = std::make_shared<ReproduceOptions>();
    const std::vector<CLI::Option*> ofNew = addPlanOptions(*app, *options);
    CLI::Option* resume =
        app->add_option("--resume", options->resume, "Go on with an interrupted reproduction in this folder.")
            ->type_name("DIR");
    for (CLI::Option* option : ofNew)
        resume->excludes(option);
    app->footer(footer);
    return {app, [options](Console& console) { return reproduce(*options, console); }};
}

} // namespace lora::app
