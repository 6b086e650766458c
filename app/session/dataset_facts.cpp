#include "app/session/dataset_facts.h"

#include "core/base/error.h"
#include "core/data/dataset_loader.h"
#include "core/data/dataset_summary.h"
#include "core/models/model_loader.h"

#include <algorithm>

namespace lora::app {

namespace {

constexpr std::size_t maxPreviewRows = 50;
constexpr std::size_t maxRemarks = 500;
constexpr std::size_t maxCharted = 8192; ///< longest row a histogram bin of its own is kept for
/// Longer than any row: lengths before truncation are wanted, whatever the experiment cuts at.
constexpr int uncut = 1 << 24;

std::vector<ui::LabelCount> labelCounts(const LoadedData& data)
{
    std::vector<ui::LabelCount> counts;
    for (const std::string& name : data.train.labelNames)
        counts.push_back({name, 0, 0});
    const auto count = [&](const TokenizedDataset& rows, std::int64_t ui::LabelCount::*member) {
        for (const TokenizedExample& example : rows.examples) {
            if (example.classLabel >= 0 && static_cast<std::size_t>(example.classLabel) < counts.size())
                ++(counts[static_cast<std::size_t>(example.classLabel)].*member);
        }
    };
    count(data.train, &ui::LabelCount::trainRows);
    count(data.eval, &ui::LabelCount::evalRows);
    return counts;
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

/// Null when the model has no tokenizer: rows that are already token ids need none.
std::unique_ptr<Tokenizer> tokenizerOf(const std::string& model)
{
    const std::filesystem::path folder = modelFolder(model);
    const bool hasTokenizer =
        std::filesystem::exists(folder / "tokenizer.json") || std::filesystem::exists(folder / "vocab.txt");
    return hasTokenizer ? loadTokenizer(folder) : nullptr;
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

void fillRows(const LoadedData& data, const Tokenizer* tokenizer, ui::DatasetPreview& preview)
{
    const DataTable& table = data.trainPreview;
    preview.columns = table.columns;
    for (std::size_t row = 0; row < std::min(table.rows.size(), maxPreviewRows); ++row) {
        preview.rows.push_back(table.rows[row]);
        preview.lines.push_back(table.lines[row]);
        const auto text = cellOf(table, row, data.columns.text);
        const auto pair = cellOf(table, row, data.columns.textPair);
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

DatasetFacts readDatasetFacts(const ExperimentConfig& experiment)
{
    const auto tokenizer = tokenizerOf(experiment.model);
    DataConfig whole = experiment.data;
    whole.maxLength = uncut;
    const LoadedData data = loadDataset(whole, experiment.task, tokenizer.get(), experiment.training.seed);

    DatasetFacts facts;
    facts.numLabels = static_cast<std::int64_t>(data.train.labelNames.size());
    facts.trainLengths = data.train.lengths();
    ui::DatasetPreview& preview = facts.preview;
    preview.source = experiment.data.train;
    preview.mapping = data.columns;
    preview.trainRows = static_cast<std::int64_t>(data.train.size());
    preview.evalRows = static_cast<std::int64_t>(data.eval.size());
    if (data.eval.hash != data.train.hash)
        preview.evalSource = data.eval.source;
    preview.labels = labelCounts(data);
    preview.lengthCounts = histogram(facts.trainLengths);
    preview.notices = data.notices;
    preview.isTokenized = data.isTokenized;
    fillRows(data, tokenizer.get(), preview);
    fillRemarks(experiment, data, tokenizer.get(), preview);
    return facts;
}

} // namespace lora::app
