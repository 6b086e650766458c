#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/data/dataset_loader.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

struct EvalOptions
{
    ModelArguments model;
    std::string data;
};

/// The rows the run was evaluated on, or those of another file.
TokenizedDataset rowsOf(const EvalOptions& options, const TrainedModel& trained)
{
    const ExperimentConfig& experiment = trained.experiment;
    if (!options.data.empty())
        return loadRows({options.data, trained.isRun ? experiment.data.columns : ColumnMapping{},
                         experiment.task, maxLengthOf(trained), dataLabelNames(trained), true},
                        trained.tokenizer.get());
    if (!trained.isRun)
        throw Error(ErrorKind::BadUsage, "a model folder has no data of its own to be evaluated on",
                    "Name a file with --data.");
    return loadDataset(experiment.data, experiment.task, trained.tokenizer.get(), experiment.training.seed)
        .eval;
}

int eval(const EvalOptions& options, Console& console)
{
    console.status("loading");
    const TrainedModel trained = openModel(options.model);
    for (const std::string& notice : trained.notices)
        console.log("note: " + notice);
    const TokenizedDataset rows = rowsOf(options, trained);
    console.status(fmt::format("evaluating {} rows", rows.size()));
    const EvaluationResult result = evaluate(trained, rows, trained.experiment.training.threads);
    nlohmann::ordered_json document = nlohmann::ordered_json::object();
    std::string text = fmt::format("{} rows of {}\n", rows.size(), printable(rows.source));
    for (const auto& [name, value] : result.metrics) {
        document["eval_" + name] = value;
        text += fmt::format("eval_{:<24}{}\n", name, significantText(value, 4));
    }
    console.print(text);
    console.document(document);
    return 0;
}

} // namespace

Subcommand addEval(CLI::App& program)
{
    CLI::App* app =
        program.add_subcommand("eval", "Metrics of a trained run on its evaluation rows or on another file.");
    const auto options = std::make_shared<EvalOptions>();
    addModelArguments(*app, options->model);
    app->add_option("--data", options->data, "Rows with labels; without it the run's own evaluation rows.")
        ->type_name("FILE");
    return {app, [options](Console& console) { return eval(*options, console); }};
}

} // namespace lora::app
