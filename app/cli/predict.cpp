#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/data/dataset_loader.h"
#include "core/data/table_tokenizer.h"
#include "core/data/tokenized_reader.h"
#include "core/io/atomic_file.h"

#include <cmath>
#include <numeric>

#include <nlohmann/json.hpp>

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

TokenizedDataset rowOfText(const PredictOptions& options, const TrainedModel& trained, bool hasPair)
{
    if (!trained.tokenizer)
        throw Error(ErrorKind::BadInput, options.model.runOrModel + ": the model folder has no tokenizer",
                    "Add tokenizer.json or vocab.txt to the model folder, or give --input-ids.");
    DataTable table;
    table.source = "--text";
    table.columns = {"text", "text_pair"};
    table.rows = {{options.text, options.textPair}};
    table.lines = {1};
    ResolvedColumns columns;
    if (hasPair)
        columns.textPair = 1;
    TokenizeOptions how;
    how.task = trained.experiment.task;
    how.maxLength = maxLengthOf(trained);
    how.knownLabels = dataLabelNames(trained);
    how.areLabelsRequired = false;
    return tokenizeTable(table, columns, *trained.tokenizer, how);
}

TokenizedDataset rowsOfIds(const std::string& file, const TrainedModel& trained)
{
    TokenizedReadOptions how;
    how.task = trained.experiment.task;
    how.knownLabels = dataLabelNames(trained).size();
    how.areLabelsRequired = false;
    return parseTokenized(readFile(file), file, how);
}

TokenizedDataset rowsOfFile(const std::string& file, const TrainedModel& trained)
{
    const ExperimentConfig& experiment = trained.experiment;
    return loadRows({file, trained.isRun ? experiment.data.columns : ColumnMapping{}, experiment.task,
                     maxLengthOf(trained), dataLabelNames(trained), false},
                    trained.tokenizer.get());
}

std::vector<double> softmax(const std::vector<float>& logits)
{
    const double largest = *std::ranges::max_element(logits);
    std::vector<double> values;
    for (const float logit : logits)
        values.push_back(std::exp(logit - largest));
    const double sum = std::accumulate(values.begin(), values.end(), 0.0);
    for (double& value : values)
        value /= sum;
    return values;
}

/// One class per row, as the contract prints it.
class ClassificationPrinter
{
public:
    ClassificationPrinter(std::vector<std::string> labels, bool wantsLogits)
        : m_labels(std::move(labels))
        , m_wantsLogits(wantsLogits)
    {}

    void add(const std::vector<float>& logits, std::int32_t predicted)
    {
        const std::vector<double> probabilities = softmax(logits);
        nlohmann::ordered_json byLabel = nlohmann::ordered_json::object();
        for (std::size_t i = 0; i < probabilities.size(); ++i)
            byLabel[name(i)] = probabilities[i];
        const auto best = static_cast<std::size_t>(predicted);
        nlohmann::ordered_json row = {{"label", name(best)}, {"probabilities", byLabel}};
        m_text += padded(fitted(name(best), 30), 30) + "  " +
                  padded(percentText(probabilities[best]), 8, Align::Right);
        if (m_wantsLogits) {
            row["logits"] = logits;
            for (const float logit : logits)
                m_text += "  " + significantText(logit, 6);
        }
        m_text += "\n";
        m_rows.push_back(std::move(row));
    }

    const nlohmann::ordered_json& rows() const { return m_rows; }
    const std::string& text() const { return m_text; }

private:
    std::string name(std::size_t label) const
    {
        return label < m_labels.size() ? m_labels[label] : std::to_string(label);
    }

    std::vector<std::string> m_labels;
    bool m_wantsLogits;
    nlohmann::ordered_json m_rows = nlohmann::ordered_json::array();
    std::string m_text;
};

int predict(const PredictOptions& options, const CLI::App& app, Console& console)
{
    const bool hasText = app.count("--text") > 0;
    if (hasText + (app.count("--data") > 0) + (app.count("--input-ids") > 0) != 1)
        throw Error(ErrorKind::BadUsage, "expected exactly one of --text, --data and --input-ids",
                    "See lora-workbench-cli predict --help.");
    console.status("loading");
    const TrainedModel trained = openModel(options.model);
    for (const std::string& notice : trained.notices)
        console.log("note: " + notice);
    if (trained.experiment.task != TaskType::SequenceClassification)
        throw Error(ErrorKind::Unsupported,
                    fmt::format("predict: the task \"{}\" is not supported in this version; supported: {}",
                                toString(trained.experiment.task),
                                toString(TaskType::SequenceClassification)),
                    "Use a run or --task of a supported task.");
    const TokenizedDataset rows = hasText ? rowOfText(options, trained, app.count("--text-pair") > 0)
                                  : options.inputIds.empty() ? rowsOfFile(options.data, trained)
                                                             : rowsOfIds(options.inputIds, trained);
    const EvaluationResult result = evaluate(trained, rows, trained.experiment.training.threads);
    ClassificationPrinter printer(trained.model->labelNames, options.wantsLogits);
    for (std::size_t row = 0; row < result.logits.size(); ++row)
        printer.add(result.logits[row], result.predictions[row]);
    console.print(printer.text());
    console.document(printer.rows());
    return 0;
}

} // namespace

Subcommand addPredict(CLI::App& program)
{
    CLI::App* app =
        program.add_subcommand("predict", "What a trained run says about texts, a file or token ids.");
    const auto options = std::make_shared<PredictOptions>();
    addModelArguments(*app, options->model);
    CLI::Option* text = app->add_option("--text", options->text, "One text.")->type_name("T");
    app->add_option("--text-pair", options->textPair, "The second text of a pair.")
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
