#include "app/cli/prediction_printer.h"
#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/error.h"
#include "core/data/tokenized_reader.h"
#include "core/io/atomic_file.h"

namespace lora::app {

namespace {

struct PredictOptions
{
    ModelArguments model;
    std::string text;
    std::string textPair;
    std::string data;
    std::string inputIds;
    bool wantsLogits = false;
};

TokenizedDataset rowsOfIds(const std::string& file, const TrainedModel& trained)
{
    TokenizedReadOptions how;
    how.task = trained.experiment.task;
    how.knownLabels = dataLabelNames(trained).size();
    how.areLabelsRequired = false;
    return parseTokenized(readFile(file), file, how);
}

TokenizedDataset rowsFor(const PredictOptions& options, const CLI::App& app, const TrainedModel& trained)
{
    if (app.count("--text") > 0)
        return rowsOfText(trained, options.text,
                          app.count("--text-pair") > 0 ? std::optional(options.textPair) : std::nullopt);
    return options.inputIds.empty() ? rowsOfFile(trained, options.data)
                                    : rowsOfIds(options.inputIds, trained);
}

int predict(const PredictOptions& options, const CLI::App& app, Console& console)
{
    const bool hasText = app.count("--text") > 0;
    const bool hasIds = app.count("--input-ids") > 0;
    if (hasText + (app.count("--data") > 0) + hasIds != 1)
        throw Error(ErrorKind::BadUsage, "expected exactly one of --text, --data and --input-ids",
                    "See lora-workbench-cli predict --help.");
    console.status("loading");
    const TrainedModel trained = openModel(options.model);
    for (const std::string& notice : trained.notices)
        console.log("note: " + notice);
    const TaskType task = trained.experiment.task;
    const TokenizedDataset rows = rowsFor(options, app, trained);
    for (const std::string& notice : rows.notices)
        console.log("note: " + notice);
    // Of token ids these tasks have nothing more telling than their logits.
    const bool tellsLogits = hasIds && (isLanguageModelling(task) || task == TaskType::QuestionAnswering);
    PredictionStyle style;
    style.labels = dataLabelNames(trained);
    style.hasLogits = options.wantsLogits || tellsLogits;
    style.isCausal = task == TaskType::CausalLm;
    style.isOfTokens = hasIds || (task == TaskType::QuestionAnswering && rows.sources.empty());
    PredictionOptions how;
    how.threads = trained.experiment.training.threads;
    how.keepsLogits = style.hasLogits;
    nlohmann::ordered_json document = nlohmann::ordered_json::array();
    for (const Prediction& prediction : lora::predict(trained, rows, how)) {
        if (console.isJson())
            document.push_back(jsonOf(prediction, style));
        else
            console.print(textOf(prediction, style));
    }
    console.document(document);
    return 0;
}

} // namespace

Subcommand addPredict(CLI::App& program)
{
    CLI::App* app =
        program.add_subcommand("predict", "What a trained run says about texts, a file or token ids.");
    const auto options = std::make_shared<PredictOptions>();
    addModelArguments(*app, options->model);
    CLI::Option* text =
        app->add_option("--text,--question", options->text, "One text; for question answering the question.")
            ->type_name("T");
    app->add_option("--text-pair,--context", options->textPair,
                    "The second text of a pair; for question answering the passage.")
        ->type_name("T")
        ->needs(text);
    app->add_option("--data", options->data, "A file of rows; labels are not needed.")->type_name("FILE");
    app->add_option("--input-ids", options->inputIds,
                    "JSON Lines of {\"input_ids\": […]}; needs no tokenizer.")
        ->type_name("FILE");
    app->add_flag("--logits", options->wantsLogits, "Print the logits too.");
    return {app, [options, app](Console& console) { return predict(*options, *app, console); }};
}

} // namespace lora::app
