#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/config/column_aliases.h"
#include "core/config/model_config.h"
#include "core/data/builtin_data.h"
#include "core/data/dataset_summary.h"
#include "core/models/model_loader.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

struct DataOptions
{
    std::string file;
    std::string against;
    std::string model;
    std::string task = std::string(toString(TaskType::SequenceClassification));
    std::string text;
    std::string textPair;
    std::string label;
    int maxLength = DataConfig{}.maxLength;
};

ColumnMapping columnsOf(const DataOptions& options)
{
    const auto given = [](const std::string& name) {
        return name.empty() ? std::nullopt : std::optional<std::string>(name);
    };
    return {given(options.text), given(options.textPair), given(options.label)};
}

nlohmann::ordered_json jsonOf(const DatasetSummary& summary)
{
    nlohmann::ordered_json labels = nlohmann::ordered_json::object();
    for (const auto& [label, count] : summary.labelCounts)
        labels[label] = count;
    nlohmann::ordered_json document = {
        {"rows", summary.rows}, {"columns", summary.columns}, {"label_counts", labels}};
    if (const auto& lengths = summary.tokenLengths)
        document["token_lengths"] = {
            {"min", lengths->min}, {"median", lengths->median}, {"p95", lengths->p95}, {"max", lengths->max}};
    document["problems"] = nlohmann::ordered_json::array();
    for (const DataProblem& problem : summary.problems)
        document["problems"].push_back({{"line", problem.line}, {"text", problem.text}});
    return document;
}

std::string rolesText(const ColumnMapping& mapping, TaskType task)
{
    std::string text;
    const auto add = [&](const char* role, const std::optional<std::string>& column) {
        if (column)
            text += fmt::format("{}{}: \"{}\"", text.empty() ? "" : ", ", columnNameFor(task, role),
                                printable(*column));
    };
    add("text", mapping.text);
    add("text_pair", mapping.textPair);
    add("label", mapping.label);
    return text;
}

std::string problemsText(const std::vector<DataProblem>& problems)
{
    constexpr std::size_t mostShown = 20;
    std::string text = fmt::format("{} problem{}\n", problems.size(), problems.size() == 1 ? "" : "s");
    for (std::size_t i = 0; i < std::min(problems.size(), mostShown); ++i) {
        const std::string place = problems[i].line > 0 ? fmt::format("line {}: ", problems[i].line) : "";
        text += "  " + wrapped(place + printable(problems[i].text), 78, 4) + "\n";
    }
    if (problems.size() > mostShown)
        text += fmt::format("  … and {} more (--json lists them)\n", problems.size() - mostShown);
    return text;
}

std::string textOf(const DatasetSummary& summary, TaskType task)
{
    std::string columns;
    for (const std::string& column : summary.columns)
        columns += (columns.empty() ? "" : ", ") + printable(column);
    std::string text = fmt::format("{} rows\n{}\n", summary.rows, wrapped("columns: " + columns, 80, 2));
    if (const std::string roles = rolesText(summary.mapping, task); !roles.empty())
        text += wrapped("used as: " + roles, 80, 2) + "\n";
    if (!summary.labelCounts.empty())
        text += task == TaskType::TokenClassification ? "tags (words)\n" : "labels\n";
    for (const auto& [label, count] : summary.labelCounts)
        text += "  " + padded(fitted(label, 40), 40) + padded(std::to_string(count), 10, Align::Right) + "\n";
    if (const auto& lengths = summary.tokenLengths)
        text += fmt::format("tokens a row: {} to {}, median {}, 95 % at most {}\n", lengths->min,
                            lengths->max, lengths->median, lengths->p95);
    return text + problemsText(summary.problems);
}

int data(const DataOptions& options, Console& console)
{
    std::unique_ptr<Tokenizer> tokenizer;
    int maxLength = options.maxLength;
    if (!options.model.empty()) {
        const std::filesystem::path folder = modelFolder(options.model);
        tokenizer = loadTokenizer(folder);
        maxLength = static_cast<int>(
            std::min<std::int64_t>(maxLength, readModelConfig(folder).maxPositionEmbeddings));
    }
    const TaskType task = taskNamed(options.task);
    DatasetSummary summary =
        summarizeFile(options.file, columnsOf(options), task, tokenizer.get(), maxLength);
    if (!options.against.empty()) {
        const auto shared = lintFileAgainstTraining(options.against, options.file, columnsOf(options), task);
        summary.problems.insert(summary.problems.end(), shared.begin(), shared.end());
    }
    console.print(textOf(summary, task));
    console.document(jsonOf(summary));
    return 0;
}

} // namespace

Subcommand addData(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "data", "Columns, rows, label counts, token lengths and problems of a data file.");
    const auto options = std::make_shared<DataOptions>();
    app->add_option("FILE", options->file,
                    fmt::format("CSV, TSV, JSON Lines, JSON, SQuAD, CoNLL or text file, or a builtin data "
                                "set: {}.",
                                fmt::join(builtinTableNames(), ", ")))
        ->required();
    app->add_option(
           "--train", options->against,
           "The training file FILE is to evaluate on: tells rows that are in both and labels that are "
           "new.")
        ->type_name("FILE");
    app->add_option("--model", options->model, "Count tokens with this model's tokenizer.")->type_name("M");
    app->add_option("--text", options->text,
                    "The column with the text (words, question, prompt, messages); without it inferred.")
        ->type_name("COLUMN");
    app->add_option("--text-pair", options->textPair, "The column with the second text (passage, input).")
        ->type_name("COLUMN");
    app->add_option("--label", options->label,
                    "The column with the label (labels, score, tags, answers, completion).")
        ->type_name("COLUMN");
    app->add_option("--max-length", options->maxLength, "Tokens beyond which rows would be cut (128).")
        ->type_name("N")
        ->check(CLI::Range(1, 1 << 20));
    app->add_option(
           "--task", options->task,
           "What the data is for: sequence-classification (the default), multi-label-classification, "
           "regression, token-classification, question-answering, causal-lm or masked-lm.")
        ->type_name("TYPE");
    return {app, [options](Console& console) { return data(*options, console); }};
}

} // namespace lora::app
