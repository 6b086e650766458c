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
    throw Error(ErrorKind::BadInput,
                fmt::format("{}: no column \"{}\" (data.columns.{}); columns: {}{}", table.source, name, role,
                            fmt::join(table.columns, ", "), didYouMean(name, table.columns)),
                table.hasHeader
                    ? "Name one of the columns in data.columns, or leave the role out to have it inferred."
                    : "The file has no header: its columns are named by their position, from 0.");
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

} // namespace

ResolvedColumns resolveColumns(const DataTable& table, const ColumnMapping& chosen, TaskType task)
{
    ResolvedColumns columns;
    std::set<std::size_t> taken;
    if (chosen.text)
        taken.insert(columns.text = chosenColumn(table, *chosen.text, "text"));
    if (chosen.textPair)
        taken.insert(*(columns.textPair = chosenColumn(table, *chosen.textPair, "text_pair")));
    if (chosen.label)
        taken.insert(*(columns.label = chosenColumn(table, *chosen.label, "label")));

    const bool needsLabel = task != TaskType::MaskedLm && !columns.label;
    if (needsLabel && (columns.label = firstNamed(table, labelColumnNames(), taken)))
        taken.insert(*columns.label);
    bool hasText = chosen.text.has_value();
    if (!hasText && !chosen.textPair)
        hasText = inferPair(table, taken, columns);
    if (!hasText) {
        const auto named = firstNamed(table, textColumnNames(), taken);
        hasText = named.has_value();
        columns.text = named.value_or(0);
    }
    if (hasText)
        taken.insert(columns.text);
    if (columns.textPair)
        taken.insert(*columns.textPair);
    if (needsLabel && !columns.label && (columns.label = labelByContent(table, taken)))
        taken.insert(*columns.label);
    if (!hasText)
        columns.text = longestColumn(table, taken);
    return columns;
}

ColumnMapping namesOf(const ResolvedColumns& columns, const DataTable& table)
{
    const auto name = [&](const std::optional<std::size_t>& column) {
        return column ? std::optional<std::string>(table.columns[*column]) : std::nullopt;
    };
    return {name(columns.text), name(columns.textPair), name(columns.label)};
}

std::vector<std::string> chosenNames(const ColumnMapping& columns)
{
    std::vector<std::string> names;
    for (const auto& name : {columns.text, columns.textPair, columns.label}) {
        if (name)
            names.push_back(*name);
    }
    return names;
}

} // namespace lora
