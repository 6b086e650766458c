#include "core/data/column_mapping.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/data/cell_text.h"
#include "core/data/column_names.h"

#include <algorithm>
#include <set>

namespace lora {

namespace {

// Enough rows to know a column's kind, few enough to answer while a window waits.
constexpr std::size_t sampledRows = 2000;
constexpr std::size_t longestLabel = 60;

std::size_t chosenColumn(const DataTable& table, const std::string& name, const char* role)
{
    const auto found = std::ranges::find(table.columns, name);
    if (found != table.columns.end())
        return static_cast<std::size_t>(found - table.columns.begin());
    const std::string number = name.starts_with("column ") ? name.substr(7) : "";
    if (isInteger(number)) {
        const long long position = std::stoll(number);
        if (position >= 1 && position <= static_cast<long long>(table.columns.size()))
            return static_cast<std::size_t>(position - 1);
    }
    throw Error(ErrorKind::BadInput,
                fmt::format("{}: no column \"{}\" (data.columns.{}); columns: {}{}", table.source, name, role,
                            fmt::join(table.columns, ", "), didYouMean(name, table.columns)),
                table.hasHeader
                    ? "Name one of the columns in data.columns, or leave the role out to have it inferred."
                    : "The file has no header: its columns are named by their position, from 0; \"column 1\" "
                      "is the first one.");
}

std::optional<std::size_t> columnNamed(const DataTable& table, std::string_view name)
{
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (comparableName(table.columns[i]) == name)
            return i;
    }
    return std::nullopt;
}

/// What the sampled cells of a column have in common.
struct ColumnFacts
{
    std::size_t distinct = 0;
    std::size_t filled = 0;
    std::size_t longest = 0;
    double meanLength = 0;
    bool isInteger = true;
};

ColumnFacts factsOf(const DataTable& table, std::size_t column)
{
    ColumnFacts facts;
    std::set<std::string_view> distinct;
    const std::size_t rows = std::min(table.rows.size(), sampledRows);
    for (std::size_t row = 0; row < rows; ++row) {
        const std::string& cell = table.rows[row][column];
        distinct.insert(cell);
        facts.filled += cell.empty() ? 0 : 1;
        facts.longest = std::max(facts.longest, cell.size());
        facts.meanLength += static_cast<double>(cell.size()) / static_cast<double>(rows);
        facts.isInteger = facts.isInteger && isInteger(cell);
    }
    facts.distinct = distinct.size();
    return facts;
}

/// The column with the fewest different values, if these return often enough to be classes; integers and
/// later columns win ties.
std::optional<std::size_t> labelByContent(const DataTable& table, const std::set<std::size_t>& taken)
{
    std::optional<std::size_t> best;
    ColumnFacts bestFacts;
    const std::size_t rows = std::min(table.rows.size(), sampledRows);
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        if (taken.contains(column) || table.columns.size() < 2)
            continue;
        const ColumnFacts facts = factsOf(table, column);
        const bool isClass = facts.distinct >= 2 && facts.distinct * 2 <= std::max<std::size_t>(rows, 4) &&
                             facts.longest <= longestLabel && facts.filled * 20 >= rows * 19;
        if (!isClass)
            continue;
        const bool isBetter =
            !best || facts.distinct < bestFacts.distinct ||
            (facts.distinct == bestFacts.distinct && facts.isInteger >= bestFacts.isInteger);
        if (isBetter) {
            best = column;
            bestFacts = facts;
        }
    }
    return best;
}

std::optional<std::size_t> firstNamed(const DataTable& table, std::span<const std::string_view> names,
                                      const std::set<std::size_t>& taken)
{
    for (const std::string_view name : names) {
        const auto column = columnNamed(table, name);
        if (column && !taken.contains(*column))
            return column;
    }
    return std::nullopt;
}

std::size_t longestColumn(const DataTable& table, const std::set<std::size_t>& taken)
{
    std::optional<std::size_t> best;
    double longest = -1;
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        const double length = factsOf(table, column).meanLength;
        if (!taken.contains(column) && length > longest) {
            best = column;
            longest = length;
        }
    }
    if (best)
        return *best;
    throw Error(ErrorKind::BadInput,
                fmt::format("{}: no column is left for the text; columns: {}", table.source,
                            fmt::join(table.columns, ", ")),
                "Give the file a text column, or correct data.columns.");
}

/// By names alone: both texts of a pair, else one text.
bool inferPair(const DataTable& table, const std::set<std::size_t>& taken, ResolvedColumns& columns)
{
    for (const auto& [first, second] : pairColumnNames()) {
        const auto a = columnNamed(table, first);
        const auto b = columnNamed(table, second);
        if (a && b && !taken.contains(*a) && !taken.contains(*b)) {
            columns.text = *a;
            columns.textPair = b;
            return true;
        }
    }
    return false;
}

/// The columns the user chose, and which are taken by now.
struct Resolving
{
    const DataTable& table;
    const ColumnMapping& chosen;
    ResolvedColumns columns = {};
    std::set<std::size_t> taken = {};
    bool hasText = false;

    void take(std::optional<std::size_t> column)
    {
        if (column)
            taken.insert(*column);
    }

    void takeChosen(bool isLabelList)
    {
        if (chosen.text)
            take(columns.text = chosenColumn(table, *chosen.text, "text"));
        if (chosen.textPair)
            take(columns.textPair = chosenColumn(table, *chosen.textPair, "text_pair"));
        hasText = chosen.text.has_value();
        const bool isOne = !isLabelList || !chosen.label || chosen.label->find(',') == std::string::npos ||
                           std::ranges::find(table.columns, *chosen.label) != table.columns.end();
        if (chosen.label && isOne)
            take(columns.label = chosenColumn(table, *chosen.label, "label"));
        else if (chosen.label)
            takeLabelList();
    }

    void takeLabelList()
    {
        std::string_view names = *chosen.label;
        while (!names.empty()) {
            const std::size_t end = std::min(names.find(','), names.size());
            const std::string name(trimmed(names.substr(0, end)));
            if (!name.empty())
                columns.labelColumns.push_back(chosenColumn(table, name, "label"));
            names.remove_prefix(std::min(end + 1, names.size()));
        }
        taken.insert(columns.labelColumns.begin(), columns.labelColumns.end());
    }

    /// A role the user may have chosen, else by name.
    std::optional<std::size_t> orNamed(std::optional<std::size_t> found,
                                       std::span<const std::string_view> names)
    {
        if (!found)
            found = firstNamed(table, names, taken);
        take(found);
        return found;
    }

    void findText(std::span<const std::string_view> names)
    {
        if (hasText)
            return;
        const auto named = firstNamed(table, names, taken);
        hasText = named.has_value();
        columns.text = named.value_or(0);
        if (hasText)
            taken.insert(columns.text);
    }

    void findTextByContent()
    {
        if (!hasText)
            take(columns.text = longestColumn(table, taken));
    }
};

/// Columns that hold nothing but 0 and 1: the labels of a multi-label set.
std::vector<std::size_t> flagColumns(const DataTable& table, const std::set<std::size_t>& taken)
{
    std::vector<std::size_t> flags;
    const std::size_t rows = std::min(table.rows.size(), sampledRows);
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        bool isFlag = !taken.contains(column);
        for (std::size_t row = 0; isFlag && row < rows; ++row) {
            const std::string_view cell = trimmed(table.rows[row][column]);
            isFlag = cell == "0" || cell == "1" || cell == "0.0" || cell == "1.0" || cell == "true" ||
                     cell == "false";
        }
        if (isFlag)
            flags.push_back(column);
    }
    return flags;
}

/// A column of numbers: rather one with fractions than one of whole numbers, which may be ids.
std::optional<std::size_t> scoreByContent(const DataTable& table, const std::set<std::size_t>& taken)
{
    std::optional<std::size_t> best;
    bool isBestWhole = true;
    const std::size_t rows = std::min(table.rows.size(), sampledRows);
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
        bool isAll = rows > 0 && !taken.contains(column);
        bool isWhole = true;
        for (std::size_t row = 0; isAll && row < rows; ++row) {
            const std::string cell(trimmed(table.rows[row][column]));
            isAll = isNumber(cell);
            isWhole = isWhole && isInteger(cell);
        }
        if (isAll && (!best || isBestWhole)) {
            best = column;
            isBestWhole = isWhole;
        }
    }
    return best;
}

/// A file without names: two columns of long texts are a pair.
void inferPairByContent(Resolving& state)
{
    constexpr double shortestText = 15;
    if (state.table.hasHeader || state.hasText || state.chosen.textPair)
        return;
    std::vector<std::size_t> texts;
    for (std::size_t column = 0; column < state.table.columns.size(); ++column) {
        if (!state.taken.contains(column) && factsOf(state.table, column).meanLength >= shortestText)
            texts.push_back(column);
    }
    if (texts.size() != 2)
        return;
    state.columns.text = texts[0];
    state.columns.textPair = texts[1];
    state.hasText = true;
}

void resolveSequence(Resolving& state, TaskType task)
{
    ResolvedColumns& columns = state.columns;
    const bool needsLabel = task != TaskType::MaskedLm && !columns.label && columns.labelColumns.empty();
    if (needsLabel)
        columns.label = state.orNamed(std::nullopt, labelColumnNames());
    if (!state.hasText && !state.chosen.textPair)
        state.hasText = inferPair(state.table, state.taken, columns);
    if (state.hasText)
        state.take(columns.text);
    state.findText(textColumnNames());
    state.take(columns.textPair);
    if (needsLabel && !columns.label && task == TaskType::MultiLabelClassification) {
        columns.labelColumns = flagColumns(state.table, state.taken);
        state.taken.insert(columns.labelColumns.begin(), columns.labelColumns.end());
    }
    if (needsLabel && !columns.label && columns.labelColumns.empty()) {
        columns.label = task == TaskType::Regression ? scoreByContent(state.table, state.taken)
                                                     : labelByContent(state.table, state.taken);
        state.take(columns.label);
    }
    if (task == TaskType::Regression)
        inferPairByContent(state);
    state.findTextByContent();
}

void resolveWords(Resolving& state)
{
    state.findText(tokenColumnNames());
    state.findText(textColumnNames());
    state.columns.label = state.orNamed(state.columns.label, tagColumnNames());
    state.findTextByContent();
}

void resolveQuestions(Resolving& state)
{
    ResolvedColumns& columns = state.columns;
    const auto missing = [&](const char* what, const char* key) {
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: no column looks like the {}; columns: {}", state.table.source, what,
                                fmt::join(state.table.columns, ", ")),
                    fmt::format("Name it as data.columns.{}.", key));
    };
    state.findText(questionColumnNames());
    if (!state.hasText)
        missing("question", "question");
    columns.textPair = state.orNamed(columns.textPair, contextColumnNames());
    if (!columns.textPair)
        missing("passage", "context");
    columns.label = state.orNamed(columns.label, answerColumnNames());
    columns.answerStart = state.orNamed(std::nullopt, answerStartColumnNames());
}

bool holdsMessages(const DataTable& table, std::size_t column)
{
    return std::ranges::any_of(table.rows, [&](const auto& row) {
        const std::string_view cell = trimmed(row[column]);
        return cell.starts_with("[{") || cell.starts_with("[ {");
    });
}

void resolveDocuments(Resolving& state)
{
    ResolvedColumns& columns = state.columns;
    if (!state.hasText && !columns.label) {
        if (const auto messages = firstNamed(state.table, messageColumnNames(), state.taken)) {
            columns.text = *messages;
            columns.form = RowForm::Messages;
            return;
        }
        for (const auto& [prompt, completion] : completionColumnNames()) {
            const auto first = columnNamed(state.table, prompt);
            const auto second = columnNamed(state.table, completion);
            if (!first || !second || state.hasText)
                continue;
            state.take(columns.text = *first);
            state.take(columns.label = second);
            state.hasText = true;
        }
    }
    state.findText(documentColumnNames());
    state.findText(textColumnNames());
    state.findTextByContent();
    if (columns.label) {
        const bool isInstruction = comparableName(state.table.columns[columns.text]) == "instruction";
        columns.form = isInstruction ? RowForm::Instruction : RowForm::PromptCompletion;
        if (isInstruction && !columns.textPair)
            columns.textPair = columnNamed(state.table, "input");
    } else if (holdsMessages(state.table, columns.text)) {
        columns.form = RowForm::Messages;
    }
}

} // namespace

ResolvedColumns resolveColumns(const DataTable& table, const ColumnMapping& chosen, TaskType task)
{
    Resolving state{.table = table, .chosen = chosen};
    state.takeChosen(task == TaskType::MultiLabelClassification);
    switch (task) {
    case TaskType::SequenceClassification:
    case TaskType::MultiLabelClassification:
    case TaskType::Regression:
    case TaskType::MaskedLm:
        resolveSequence(state, task);
        break;
    case TaskType::TokenClassification:
        resolveWords(state);
        break;
    case TaskType::QuestionAnswering:
        resolveQuestions(state);
        break;
    case TaskType::CausalLm:
        resolveDocuments(state);
        break;
    }
    return state.columns;
}

ColumnMapping namesOf(const ResolvedColumns& columns, const DataTable& table)
{
    const auto name = [&](const std::optional<std::size_t>& column) {
        return column ? std::optional<std::string>(table.columns[*column]) : std::nullopt;
    };
    ColumnMapping names{name(columns.text), name(columns.textPair), name(columns.label)};
    for (const std::size_t column : columns.labelColumns)
        names.label = (names.label ? *names.label + "," : "") + table.columns[column];
    return names;
}

std::vector<std::string> chosenNames(const ColumnMapping& columns)
{
    std::vector<std::string> names;
    for (const auto& name : {columns.text, columns.textPair, columns.label}) {
        if (name)
            names.push_back(*name);
    }
    // "a,b" may be one column or two.
    std::string_view list = columns.label ? std::string_view(*columns.label) : std::string_view();
    while (list.find(',') != std::string_view::npos || (!list.empty() && list != *columns.label)) {
        const std::size_t end = std::min(list.find(','), list.size());
        if (const std::string_view name = trimmed(list.substr(0, end)); !name.empty())
            names.emplace_back(name);
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return names;
}

} // namespace lora
