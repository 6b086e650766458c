#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/data/dataset_loader.h"

#include <set>

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
        return rowsOfFile(trained, options.data, true);
    if (!trained.isRun)
        throw Error(ErrorKind::BadUsage, "a model folder has no data of its own to be evaluated on",
                    "Name a file with --data.");
    return loadDataset(experiment.data, experiment.task, trained.tokenizer.get(), experiment.training.seed)
        .eval;
}

/// Rows of data: a row may be several windows or blocks.
std::size_t rowCount(const TokenizedDataset& rows)
{
    std::set<std::uint32_t> distinct;
    for (const TokenizedExample& example : rows.examples)
        distinct.insert(example.row);
    return distinct.size();
}

int eval(const EvalOptions& options, Console& console)
{
    console.status("loading");
    const TrainedModel trained = openModel(options.model);
    for (const std::string& notice : trained.notices)
        console.log("note: " + notice);
    const TokenizedDataset rows = rowsOf(options, trained);
    for (const std::string& notice : rows.notices)
        console.log("note: " + notice);
    const std::size_t count = rowCount(rows);
    console.status(fmt::format("evaluating {} rows", count));
    const EvaluationResult result = evaluate(trained, rows, trained.experiment.training.threads);
    nlohmann::ordered_json document = nlohmann::ordered_json::object();
    std::string text = fmt::format("{} rows of {}\n", count, printable(rows.source));
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
