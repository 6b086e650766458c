#include "core/data/dataset_summary.h"

#include "core/base/error.h"
#include "core/base/quantity_text.h"
#include "core/data/builtin_data.h"
#include "core/data/cell_list.h"
#include "core/data/cell_text.h"
#include "core/data/dataset_reader.h"
#include "core/data/table_tokenizer.h"
#include "core/data/task_lint.h"
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

/// Documents and chats may repeat; everything else that returns is a question or an example told twice.
void lintRows(const DataTable& table, const ResolvedColumns& columns, TaskType task,
              std::vector<DataProblem>& problems)
{
    std::unordered_map<std::string, std::size_t> firstRow;
    const bool isClass = task == TaskType::SequenceClassification;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::uint32_t line = table.lines[row];
        const std::string& text = table.rows[row][columns.text];
        if (isBlank(text) || text == "[]")
            report(problems, line, "the text is empty");
        const bool needsPair = columns.textPair && !isLanguageModelling(task);
        if (needsPair && isBlank(table.rows[row][*columns.textPair]))
            report(problems, line, "the second text is empty");
        if (task == TaskType::CausalLm)
            continue;
        const auto [found, isNew] = firstRow.try_emplace(textKey(table, columns, row), row);
        if (isNew || isBlank(text))
            continue;
        const std::string label = labelAt(table, columns, row);
        const std::string other = labelAt(table, columns, found->second);
        report(problems, line,
               other == label || !isClass
                   ? fmt::format("the same text as line {}", table.lines[found->second])
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

/// The text of a row and its pair as the model would see them, but for a chat's or an instruction's wording.
std::pair<std::string, std::optional<std::string>>
textsOf(const DataTable& table, const ResolvedColumns& columns, TaskType task, std::size_t row)
{
    const auto& cells = table.rows[row];
    if (task == TaskType::TokenClassification)
        return {fmt::format("{}", fmt::join(wordListOf(cells[columns.text]), " ")), std::nullopt};
    const auto pair = columns.textPair ? std::optional<std::string>(cells[*columns.textPair]) : std::nullopt;
    if (task != TaskType::CausalLm)
        return {cells[columns.text], pair};
    return {cells[columns.text] + pair.value_or("") + (columns.label ? cells[*columns.label] : ""),
            std::nullopt};
}

const char* whatHappensToLongRows(TaskType task, const ResolvedColumns& columns)
{
    if (task == TaskType::QuestionAnswering)
        return "will be read in overlapping windows";
    const bool isDocument = !columns.label && columns.form == RowForm::Plain;
    return isLanguageModelling(task) && isDocument ? "will be cut into blocks" : "will be cut";
}

void measureLengths(const DataTable& table, const ResolvedColumns& columns, TaskType task,
                    const Tokenizer& tokenizer, int maxLength, DatasetSummary& summary)
{
    std::vector<std::int32_t> lengths;
    std::size_t cut = 0;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const auto [text, pair] = textsOf(table, columns, task, row);
        const Encoding encoding = tokenizer.encode(text, pair, SpecialTokens::Add, 0);
        lengths.push_back(static_cast<std::int32_t>(encoding.ids.size()));
        cut += maxLength > 0 && encoding.ids.size() > static_cast<std::size_t>(maxLength) ? 1 : 0;
        const bool isWithoutTokens = std::ranges::find(encoding.isSpecial, false) == encoding.isSpecial.end();
        if (isWithoutTokens && !isBlank(text))
            report(summary.problems, table.lines[row], "the text has no tokens");
    }
    summary.tokenLengths = lengthsSummary(lengths);
    summary.truncatedShare =
        static_cast<double>(cut) / static_cast<double>(std::max<std::size_t>(1, lengths.size()));
    if (cut > 0)
        report(summary.problems, 0,
               fmt::format("{} of the rows are longer than {} tokens and {}",
                           percentText(summary.truncatedShare), maxLength,
                           whatHappensToLongRows(task, columns)));
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
                         int maxLength, TaskType task)
{
    DatasetSummary summary;
    summary.rows = static_cast<std::int64_t>(table.rows.size());
    summary.columns = table.columns;
    summary.mapping = namesOf(columns, table);
    summary.problems = table.problems;
    try {
        summary.labelCounts = countLabels(table, columns, task);
    } catch (const Error& error) {
        report(summary.problems, 0, error.what());
    }
    if (task == TaskType::SequenceClassification)
        lintBalance(summary, summary.problems);
    lintRows(table, columns, task, summary.problems);
    lintLabels(table, columns, task, summary.problems);
    if (tokenizer)
        measureLengths(table, columns, task, *tokenizer, maxLength, summary);
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
    bool areClasses = true;
    for (const TokenizedExample& example : dataset.examples) {
        areClasses = areClasses && example.targets.empty() && example.tokenLabels.empty();
        if (example.classLabel >= 0)
            ++counts[static_cast<std::size_t>(example.classLabel)];
        for (std::size_t i = 0; i < std::min(counts.size(), example.targets.size()); ++i)
            counts[i] += example.targets[i] > 0 ? 1 : 0;
        for (const std::int32_t label : example.tokenLabels) {
            if (label >= 0 && static_cast<std::size_t>(label) < counts.size())
                ++counts[static_cast<std::size_t>(label)];
        }
    }
    for (std::size_t i = 0; i < counts.size(); ++i)
        summary.labelCounts.emplace_back(dataset.labelNames[i], counts[i]);
    if (areClasses)
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
    const DataTable table = parseTable(text, path, {{}, 0, chosenNames(chosen), task == TaskType::CausalLm});
    return summarize(table, resolveColumns(table, chosen, task), tokenizer, maxLength, task);
}

std::vector<DataProblem> lintFileAgainstTraining(const std::string& trainFile, const std::string& evalFile,
                                                 const ColumnMapping& chosen, TaskType task)
{
    const ReadOptions options{{}, 0, chosenNames(chosen), task == TaskType::CausalLm};
    const auto read = [&](const std::string& file, DataSide side) {
        const std::string path = dataFile(file, side);
        const auto mapped = MappedFile::open(path);
        const std::string_view text(reinterpret_cast<const char*>(mapped->bytes().data()),
                                    mapped->bytes().size());
        return holdsTokens(text, path) ? std::nullopt : std::optional(parseTable(text, path, options));
    };
    const auto train = read(trainFile, DataSide::Train);
    const auto eval = read(evalFile, DataSide::Eval);
    if (!train || !eval)
        return {};
    ResolvedColumns trainColumns = resolveColumns(*train, chosen, task);
    ResolvedColumns evalColumns = resolveColumns(*eval, chosen, task);
    if (task != TaskType::SequenceClassification)
        trainColumns.label = evalColumns.label = std::nullopt; // no classes to compare cell by cell
    return lintAgainstTraining(*train, trainColumns, *eval, evalColumns);
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
