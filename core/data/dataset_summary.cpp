#include "core/data/dataset_summary.h"

#include "core/base/error.h"
#include "core/base/quantity_text.h"
#include "core/data/builtin_data.h"
#include "core/data/cell_text.h"
#include "core/data/dataset_reader.h"
#include "core/data/table_tokenizer.h"
#include "core/data/tokenized_reader.h"
#include "core/io/mapped_file.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace lora {

namespace {

constexpr std::size_t mostProblems = 1000;
constexpr double strongImbalance = 10; // the largest class beside the smallest

/// What makes two rows the same to a model: their texts.
std::string textKey(const DataTable& table, const ResolvedColumns& columns, std::size_t row)
{
    std::string key(trimmed(table.rows[row][columns.text]));
    if (columns.textPair)
        key += '\0' + std::string(trimmed(table.rows[row][*columns.textPair]));
    return key;
}

std::string labelAt(const DataTable& table, const ResolvedColumns& columns, std::size_t row)
{
    return columns.label ? labelText(table.rows[row][*columns.label]) : std::string();
}

void report(std::vector<DataProblem>& problems, std::uint32_t line, std::string text)
{
    DataProblem& problem = problems.emplace_back();
    problem.line = line;
    problem.text = std::move(text);
}

void lintRows(const DataTable& table, const ResolvedColumns& columns, std::vector<DataProblem>& problems)
{
    std::unordered_map<std::string, std::size_t> firstRow;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::uint32_t line = table.lines[row];
        if (isBlank(table.rows[row][columns.text]))
            report(problems, line, "the text is empty");
        if (columns.textPair && isBlank(table.rows[row][*columns.textPair]))
            report(problems, line, "the second text is empty");
        const std::string label = labelAt(table, columns, row);
        if (columns.label && label.empty())
            report(problems, line, "the label is missing");
        const auto [found, isNew] = firstRow.try_emplace(textKey(table, columns, row), row);
        if (isNew || isBlank(table.rows[row][columns.text]))
            continue;
        const std::string other = labelAt(table, columns, found->second);
        report(problems, line,
               other == label ? fmt::format("the same text as line {}", table.lines[found->second])
                              : fmt::format("the same text as line {}, but labelled \"{}\" instead of \"{}\"",
                                            table.lines[found->second], label, other));
    }
}

void lintBalance(const DatasetSummary& summary, std::vector<DataProblem>& problems)
{
    if (summary.labelCounts.empty())
        return;
    const auto byCount = [](const auto& a, const auto& b) { return a.second < b.second; };
    const auto [least, most] = std::ranges::minmax_element(summary.labelCounts, byCount);
    if (least == most)
        report(problems, 0, "all rows have the label \"" + most->first + "\"");
    else if (static_cast<double>(most->second) >= strongImbalance * static_cast<double>(least->second))
        report(problems, 0,
               fmt::format("imbalanced: {} rows of \"{}\", {} of \"{}\"; accuracy alone will mislead",
                           most->second, most->first, least->second, least->first));
}

/// Those of the whole file first, then by line; a file where every row is wrong is told so, not listed.
void arrange(std::vector<DataProblem>& problems)
{
    std::ranges::stable_sort(problems, {}, &DataProblem::line);
    if (problems.size() <= mostProblems)
        return;
    const std::size_t more = problems.size() - mostProblems;
    problems.resize(mostProblems);
    problems.insert(problems.begin(), {0, fmt::format("{} more problems are not listed", more)});
}

void countLabels(const DataTable& table, std::size_t column, DatasetSummary& summary)
{
    try {
        std::map<std::string, std::int64_t> counts;
        for (const auto& row : table.rows)
            ++counts[labelText(row[column])];
        for (const std::string& name : labelNamesOf(table, column))
            summary.labelCounts.emplace_back(name, counts[name]);
    } catch (const Error& error) {
        report(summary.problems, 0, error.what());
    }
}

void measureLengths(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                    int maxLength, DatasetSummary& summary)
{
    std::vector<std::int32_t> lengths;
    std::size_t cut = 0;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto& cells = table.rows[row];
        const auto pair =
            columns.textPair ? std::optional<std::string_view>(cells[*columns.textPair]) : std::nullopt;
        const Encoding encoding = tokenizer.encode(cells[columns.text], pair, SpecialTokens::Add, 0);
        lengths.push_back(static_cast<std::int32_t>(encoding.ids.size()));
        cut += maxLength > 0 && encoding.ids.size() > static_cast<std::size_t>(maxLength) ? 1 : 0;
        const bool isWithoutTokens = std::ranges::find(encoding.isSpecial, false) == encoding.isSpecial.end();
        if (isWithoutTokens && !isBlank(cells[columns.text]))
            report(summary.problems, table.lines[row], "the text has no tokens");
    }
    summary.tokenLengths = lengthsSummary(lengths);
    summary.truncatedShare =
        static_cast<double>(cut) / static_cast<double>(std::max<std::size_t>(1, lengths.size()));
    if (cut > 0)
        report(summary.problems, 0,
               fmt::format("{} of the rows are longer than {} tokens and will be cut",
                           percentText(summary.truncatedShare), maxLength));
}

} // namespace

TokenLengths lengthsSummary(std::vector<std::int32_t> lengths)
{
    if (lengths.empty())
        return {};
    std::ranges::sort(lengths);
    // Nearest rank: a length that really occurs.
    const auto at = [&](double share) {
        const double rank = std::ceil(share * static_cast<double>(lengths.size()));
        return lengths[static_cast<std::size_t>(std::max(1.0, rank)) - 1];
    };
    return {lengths.front(), at(0.5), at(0.95), lengths.back()};
}

DatasetSummary summarize(const DataTable& table, const ResolvedColumns& columns, const Tokenizer* tokenizer,
                         int maxLength)
{
    DatasetSummary summary;
    summary.rows = static_cast<std::int64_t>(table.rows.size());
    summary.columns = table.columns;
    summary.mapping = namesOf(columns, table);
    summary.problems = table.problems;
    if (columns.label)
        countLabels(table, *columns.label, summary);
    lintBalance(summary, summary.problems);
    lintRows(table, columns, summary.problems);
    if (tokenizer)
        measureLengths(table, columns, *tokenizer, maxLength, summary);
    arrange(summary.problems);
    return summary;
}

DatasetSummary summarize(const TokenizedDataset& dataset)
{
    DatasetSummary summary;
    summary.rows = static_cast<std::int64_t>(dataset.size());
    summary.columns = {"input_ids", "labels"};
    summary.tokenLengths = lengthsSummary(dataset.lengths());
    std::vector<std::int64_t> counts(dataset.labelNames.size(), 0);
    for (const TokenizedExample& example : dataset.examples) {
        if (example.classLabel >= 0)
            ++counts[static_cast<std::size_t>(example.classLabel)];
    }
    for (std::size_t i = 0; i < counts.size(); ++i)
        summary.labelCounts.emplace_back(dataset.labelNames[i], counts[i]);
    lintBalance(summary, summary.problems);
    return summary;
}

DatasetSummary summarizeFile(const std::string& file, const ColumnMapping& chosen, TaskType task,
                             const Tokenizer* tokenizer, int maxLength)
{
    const std::string path = dataFile(file, DataSide::Train);
    const auto mapped = MappedFile::open(path);
    const std::string_view text(reinterpret_cast<const char*>(mapped->bytes().data()),
                                mapped->bytes().size());
    if (holdsTokens(text, path))
        return summarize(parseTokenized(text, path, {task, std::nullopt, false}));
    const DataTable table = parseTable(text, path, {{}, 0, chosenNames(chosen)});
    return summarize(table, resolveColumns(table, chosen, task), tokenizer, maxLength);
}

std::vector<DataProblem> lintAgainstTraining(const DataTable& train, const ResolvedColumns& trainColumns,
                                             const DataTable& eval, const ResolvedColumns& evalColumns)
{
    std::unordered_map<std::string, std::uint32_t> trainedLines;
    std::set<std::string> trainedLabels;
    for (std::size_t row = 0; row < train.rows.size(); ++row) {
        trainedLines.try_emplace(textKey(train, trainColumns, row), train.lines[row]);
        trainedLabels.insert(labelAt(train, trainColumns, row));
    }
    std::vector<DataProblem> problems;
    for (std::size_t row = 0; row < eval.rows.size(); ++row) {
        const auto found = trainedLines.find(textKey(eval, evalColumns, row));
        if (found != trainedLines.end())
            report(problems, eval.lines[row],
                   fmt::format("the same text as line {} of the training data", found->second));
        const std::string label = labelAt(eval, evalColumns, row);
        if (!label.empty() && !trainedLabels.contains(label))
            report(problems, eval.lines[row], "the label \"" + label + "\" is not in the training data");
    }
    arrange(problems);
    return problems;
}

} // namespace lora
