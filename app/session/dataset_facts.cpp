#include "app/session/dataset_facts.h"

#include "app/session/task_fits.h"
#include "core/base/error.h"
#include "core/data/builtin_data.h"
#include "core/data/collator.h"
#include "core/data/dataset_loader.h"
#include "core/data/dataset_reader.h"
#include "core/data/dataset_summary.h"
#include "core/experiment/experiment_preparation.h"
#include "core/models/model_loader.h"

#include <algorithm>

namespace lora::app {

namespace {

constexpr std::size_t maxPreviewRows = 50;
constexpr std::size_t maxRemarks = 500;
constexpr std::size_t maxCharted = 8192; ///< longest row a histogram bin of its own is kept for
/// Whether rows are joined and parted into blocks of max_length, so that it decides what the rows are.
bool hasBlocks(TaskType task)
{
    return task == TaskType::CausalLm;
}

/// Longer than any row: lengths before truncation are wanted, whatever the experiment cuts at.
constexpr int uncut = 1 << 24;

/// Calls `count` with every label of an example: its class, those of its labels that hold, or its words'
/// tags.
template <class Count>
void forEachLabel(const TokenizedExample& example, TaskType task, Count count)
{
    if (task == TaskType::TokenClassification) {
        for (const std::int32_t tag : example.tokenLabels)
            count(tag);
    } else if (task == TaskType::MultiLabelClassification) {
        for (std::size_t label = 0; label < example.targets.size(); ++label) {
            if (example.targets[label] > 0.5f)
                count(static_cast<std::int32_t>(label));
        }
    } else {
        count(example.classLabel);
    }
}

std::vector<ui::LabelCount> labelCounts(const LoadedData& data, TaskType task)
{
    std::vector<ui::LabelCount> counts;
    if (task == TaskType::Regression || task == TaskType::QuestionAnswering || isLanguageModelling(task))
        return counts;
    for (const std::string& name : data.train.labelNames)
        counts.push_back({name, 0, 0});
    const auto count = [&](const TokenizedDataset& rows, std::int64_t ui::LabelCount::*member) {
        for (const TokenizedExample& example : rows.examples)
            forEachLabel(example, task, [&](std::int32_t label) {
                if (label >= 0 && static_cast<std::size_t>(label) < counts.size())
                    ++(counts[static_cast<std::size_t>(label)].*member);
            });
    };
    count(data.train, &ui::LabelCount::trainRows);
    count(data.eval, &ui::LabelCount::evalRows);
    return counts;
}

/// Rows of data, of which long ones may have become several examples.
std::int64_t rowCount(const TokenizedDataset& data)
{
    return static_cast<std::int64_t>(data.sources.empty() ? data.size() : data.sources.size());
}

std::vector<std::int64_t> histogram(const std::vector<std::int32_t>& lengths)
{
    std::vector<std::int64_t> counts;
    for (const std::int32_t length : lengths) {
        const std::size_t bin = std::min(static_cast<std::size_t>(std::max(0, length)), maxCharted);
        counts.resize(std::max(counts.size(), bin + 1));
        ++counts[bin];
    }
    return counts;
}

/// Cell of the column `name` in a row, if there is such a column.
std::optional<std::string> cellOf(const DataTable& table, std::size_t row,
                                  const std::optional<std::string>& name)
{
    const auto found =
        name ? std::find(table.columns.begin(), table.columns.end(), *name) : table.columns.end();
    if (found == table.columns.end())
        return std::nullopt;
    return table.rows[row][static_cast<std::size_t>(found - table.columns.begin())];
}

void fillRawRows(const DataTable& table, ui::DatasetPreview& preview)
{
    preview.columns = table.columns;
    for (std::size_t row = 0; row < std::min(table.rows.size(), maxPreviewRows); ++row) {
        preview.rows.push_back(table.rows[row]);
        preview.lines.push_back(table.lines[row]);
    }
    if (!table.rows.empty())
        preview.tasks = taskFits(table);
}

void fillTokens(const LoadedData& data, const Tokenizer* tokenizer, TaskType task,
                ui::DatasetPreview& preview)
{
    // Words with tags are shown as a sentence, and chats have no one text.
    const DataTable& table = data.trainPreview;
    for (std::size_t row = 0; row < preview.rows.size() && task != TaskType::TokenClassification; ++row) {
        const auto text = cellOf(table, row, data.columns.text);
        const auto pair = cellOf(table, row, data.columns.textPair);
        if (text && task == TaskType::CausalLm && text->starts_with('['))
            break;
        if (tokenizer && text)
            preview.tokens.push_back(tokenizer->encode(*text, pair, SpecialTokens::Add, 0).tokens);
    }
    if (preview.tokens.size() != preview.rows.size())
        preview.tokens.clear();
}

void fillRemarks(const ExperimentConfig& experiment, const LoadedData& data, const Tokenizer* tokenizer,
                 ui::DatasetPreview& preview)
{
    const DatasetSummary summary = summarizeFile(experiment.data.train, data.columns, experiment.task,
                                                 tokenizer, experiment.data.maxLength);
    for (const DataProblem& problem : summary.problems) {
        if (preview.problems.size() == maxRemarks)
            break;
        preview.problems.push_back({problem.line, Severity::Warning, problem.text});
    }
}

} // namespace

namespace {

/// The file's first rows as they stand there, where they cannot be used as the experiment wants; throws what
/// stood against it when they cannot even be read.
DatasetFacts rawFacts(const ExperimentConfig& experiment, const Error& problem)
{
    DatasetFacts facts;
    facts.problem = problem.what();
    facts.preview.source = experiment.data.train;
    facts.preview.problems.push_back(
        {0, Severity::Error, problem.hint().empty() ? facts.problem : facts.problem + "\n" + problem.hint()});
    try {
        ReadOptions options;
        options.maxRows = maxPreviewRows;
        options.expectedColumns = chosenNames(experiment.data.columns);
        fillRawRows(readTable(dataFile(experiment.data.train, DataSide::Train), options), facts.preview);
    } catch (const Error&) {
        throw problem;
    }
    return facts;
}

} // namespace

DatasetFacts readDatasetFacts(const ExperimentConfig& experiment)
{
    const auto tokenizer = tokenizerOf(modelFolder(experiment.model));
    DataConfig whole = experiment.data;
    if (!hasBlocks(experiment.task))
        whole.maxLength = uncut;
    LoadedData data;
    try {
        data = loadDataset(whole, experiment.task, tokenizer.get(), experiment.training.seed);
    } catch (const Error& error) {
        return rawFacts(experiment, error);
    }
    DatasetFacts facts;
    facts.numLabels = static_cast<std::int64_t>(data.train.labelNames.size());
    facts.trainLengths = data.train.lengths();
    facts.evalLengths = data.eval.lengths();
    facts.isHiddenAnew = data.train.masking.has_value();
    facts.labelledShare = labelledShare(data.train, experiment.task);
    ui::DatasetPreview& preview = facts.preview;
    preview.source = experiment.data.train;
    preview.mapping = data.columns;
    preview.trainRows = rowCount(data.train);
    preview.evalRows = rowCount(data.eval);
    if (data.eval.hash != data.train.hash)
        preview.evalSource = data.eval.source;
    preview.labels = labelCounts(data, experiment.task);
    preview.lengthCounts = histogram(facts.trainLengths);
    preview.notices = data.notices;
    preview.isTokenized = data.isTokenized;
    fillRawRows(data.trainPreview, preview);
    fillTokens(data, tokenizer.get(), experiment.task, preview);
    fillRemarks(experiment, data, tokenizer.get(), preview);
    return facts;
}

} // namespace lora::app
