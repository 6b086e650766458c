#include "app/cli/pretrain_help.h"
#include "app/cli/stop_signals.h"
#include "app/cli/subcommand.h"
#include "app/cli/training_session.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/experiment/pretraining.h"
#include "core/runs/run_files.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_summary_json.h"

namespace lora::app {

namespace {

struct PretrainOptions
{
    std::string config;
    std::string out;
    std::vector<std::string> settings;
};

std::string metricsText(const std::map<std::string, double>& metrics)
{
    std::string text;
    for (const auto& [name, value] : metrics)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, significantText(value, 4));
    return text.empty() ? "not evaluated" : text;
}

std::string resultText(const RunSummary& summary, const NewModel& made, const std::filesystem::path& folder)
{
    constexpr std::size_t indent = 20;
    std::string text =
        fmt::format("{}: {} steps, {} epochs, {} of training\n", summary.outcome, summary.steps,
                    significantText(summary.epochs), durationText(summary.trainSeconds));
    text += fmt::format("parameters          {}\n", countText(static_cast<double>(made.parameters)));
    text += fmt::format("vocabulary          {}\n", made.vocabularySize);
    text += besideLabel("untrained", metricsText(summary.untuned), indent) + "\n";
    text += besideLabel("best", fmt::format("{} (step {})", metricsText(summary.best), summary.bestStep),
                        indent) +
            "\n";
    return text + fmt::format("model               {}\n", (folder / "model").string());
}

int pretrain(const PretrainOptions& options, Console& console)
{
    const PretrainingConfig config = loadPretraining(options.config, options.settings);
    const std::filesystem::path folder = options.out.empty()
                                             ? newRunFolder(defaultRunsFolder(), config.experiment)
                                             : std::filesystem::path(options.out);
    TrainingControl control;
    const StopSignals signals(control);
    console.log("run folder: " + folder.string());
    const NewModel made = makeNewModel(config, folder);
    console.log(fmt::format("a new {} of {} parameters, {} tokens in its vocabulary",
                            config.model["model_type"].get<std::string>(), made.parameters,
                            made.vocabularySize));
    const FinishedRun finished = trainOnConsole({made.experiment, folder, false}, console, control);
    const RunSummary summary = readSummary(folder);
    console.print(resultText(summary, made, folder));
    nlohmann::ordered_json document = toJson(summary);
    document["model"] = (folder / "model").string();
    document["parameters"] = made.parameters;
    document["vocab_size"] = made.vocabularySize;
    console.document(document);
    return exitCode(finished.outcome.status);
}

} // namespace

Subcommand addPretrain(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "pretrain", "Make a new model from nothing: learn a vocabulary, then train on plain text.");
    const auto options = std::make_shared<PretrainOptions>();
    app->add_option("CONFIG", options->config, "Pretraining file (JSON; // comments are accepted).")
        ->required();
    app->add_option("--out", options->out, "Run folder to make; without it a new one in your runs folder.")
        ->type_name("RUN");
    app->add_option("--set", options->settings,
                    "Override one value, for example --set training.max_steps=500; may be repeated.")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    app->footer(pretrainingHelp());
    return {app, [options](Console& console) { return pretrain(*options, console); }};
}

} // namespace lora::app
