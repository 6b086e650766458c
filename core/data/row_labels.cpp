#include "core/data/row_labels.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/data/cell_list.h"
#include "core/data/cell_text.h"
#include "core/data/table_tokenizer.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

namespace lora {

namespace {

constexpr std::size_t mostLabels = 1000;
constexpr std::size_t namedLines = 5;
constexpr std::size_t shownLabels = 30;

/// Numbers by value, whatever their spelling ("-1" before "+2" before "10").
bool isSmallerNumber(const std::string& a, const std::string& b)
{
    const auto left = std::stoll(a);
    const auto right = std::stoll(b);
    return left != right ? left < right : a < b;
}

[[noreturn]] void throwTooManyLabels(const DataTable& table, std::size_t column)
{
    throw Error(ErrorKind::BadInput,
                fmt::format("{}: column \"{}\" has more than {} different labels", table.source,
                            table.columns[column], mostLabels),
                "Name the column that holds the classes as data.columns.label.");
}

void throwOnUnlabelled(const DataTable& table, std::size_t column, const std::vector<std::uint32_t>& lines)
{
    if (!lines.empty())
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: no label in column \"{}\" on line {}", table.source,
                                table.columns[column], linesText(lines)),
                    "Fill in the labels or remove these rows.");
}

std::unordered_map<std::string, std::int32_t> idsOf(const std::vector<std::string>& names)
{
    std::unordered_map<std::string, std::int32_t> ids;
    for (std::size_t i = 0; i < names.size(); ++i)
        ids.emplace(names[i], static_cast<std::int32_t>(i));
    return ids;
}

class ClassLabels : public RowLabels
{
public:
    ClassLabels(const DataTable& table, std::size_t column, const TokenizeOptions& options)
        : m_table(table)
        , m_column(column)
        , m_isRequired(options.areLabelsRequired)
        , m_names(options.knownLabels ? *options.knownLabels : labelNamesOf(table, column))
        , m_ids(idsOf(m_names))
    {}

    void read(std::size_t row, TokenizedExample& example) override
    {
        const std::string label = labelText(m_table.rows[row][m_column]);
        const auto found = m_ids.find(label);
        if (found != m_ids.end())
            example.classLabel = found->second;
        else if (label.empty())
            m_unlabelled.push_back(m_table.lines[row]);
        else
            throwUnknownLabel(placeText(m_table, row), label, m_names);
    }

    void finish(TokenizedDataset& dataset) override
    {
        if (m_isRequired)
            throwOnUnlabelled(m_table, m_column, m_unlabelled);
        dataset.labelNames = std::move(m_names);
    }

private:
    const DataTable& m_table;
    std::size_t m_column;
    bool m_isRequired;
    std::vector<std::string> m_names;
    std::unordered_map<std::string, std::int32_t> m_ids;
    std::vector<std::uint32_t> m_unlabelled;
};

class LabelLists : public RowLabels
{
public:
    LabelLists(const DataTable& table, std::size_t column, const TokenizeOptions& options)
        : m_table(table)
        , m_column(column)
        , m_names(options.knownLabels ? *options.knownLabels : labelNamesInLists(table, column))
        , m_ids(idsOf(m_names))
    {}

    void read(std::size_t row, TokenizedExample& example) override
    {
        example.targets.assign(m_names.size(), 0);
        for (const std::string& label : labelListOf(m_table.rows[row][m_column])) {
            const auto found = m_ids.find(label);
            if (found == m_ids.end())
                throwUnknownLabel(placeText(m_table, row), label, m_names);
            example.targets[static_cast<std::size_t>(found->second)] = 1;
        }
    }

    void finish(TokenizedDataset& dataset) override { dataset.labelNames = std::move(m_names); }

private:
    const DataTable& m_table;
    std::size_t m_column;
    std::vector<std::string> m_names;
    std::unordered_map<std::string, std::int32_t> m_ids;
};

/// Several columns of 0 and 1, each a label.
class LabelFlags : public RowLabels
{
public:
    LabelFlags(const DataTable& table, const std::vector<std::size_t>& columns,
               const TokenizeOptions& options)
        : m_table(table)
        , m_columns(columns)
    {
        for (const std::size_t column : columns)
            m_names.push_back(table.columns[column]);
        if (options.knownLabels && *options.knownLabels != m_names)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: the label columns are {}, but those of the training data {}",
                                    table.source, fmt::join(m_names, ", "),
                                    fmt::join(*options.knownLabels, ", ")),
                        "Give both files the same label columns.");
    }

    void read(std::size_t row, TokenizedExample& example) override
    {
        for (const std::size_t column : m_columns) {
            const std::string cell(trimmed(m_table.rows[row][column]));
            const bool isSet = cell == "1" || cell == "1.0" || cell == "true";
            if (!isSet && cell != "0" && cell != "0.0" && cell != "false")
                throw Error(ErrorKind::BadInput,
                            fmt::format("{}: column \"{}\" holds \"{}\"; expected 0 or 1",
                                        placeText(m_table, row), m_table.columns[column], cell.substr(0, 40)),
                            "Correct the cell, or name other columns as data.columns.label.");
            example.targets.push_back(isSet ? 1.0f : 0.0f);
        }
    }

    void finish(TokenizedDataset& dataset) override { dataset.labelNames = std::move(m_names); }

private:
    const DataTable& m_table;
    std::vector<std::size_t> m_columns;
    std::vector<std::string> m_names;
};

class Scores : public RowLabels
{
public:
    Scores(const DataTable& table, std::size_t column, bool isRequired)
        : m_table(table)
        , m_column(column)
        , m_isRequired(isRequired)
    {}

    void read(std::size_t row, TokenizedExample& example) override
    {
        const std::string cell = labelText(m_table.rows[row][m_column]);
        if (cell.empty()) {
            m_unlabelled.push_back(m_table.lines[row]);
            return;
        }
        const float score = isNumber(cell) ? std::strtof(cell.c_str(), nullptr) : HUGE_VALF;
        if (!std::isfinite(score))
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: column \"{}\" holds \"{}\"; expected a number",
                                    placeText(m_table, row), m_table.columns[m_column], cell.substr(0, 40)),
                        "Correct the cell, or name the column with the numbers as data.columns.label.");
        example.targets = {score};
    }

    void finish(TokenizedDataset&) override
    {
        if (m_isRequired)
            throwOnUnlabelled(m_table, m_column, m_unlabelled);
    }

private:
    const DataTable& m_table;
    std::size_t m_column;
    bool m_isRequired;
    std::vector<std::uint32_t> m_unlabelled;
};

} // namespace

std::unique_ptr<RowLabels> rowLabels(const DataTable& table, const ResolvedColumns& columns,
                                     const TokenizeOptions& options)
{
    // Prediction needs no labels; those of other data must not stop it.
    if (!options.areLabelsRequired && options.task != TaskType::SequenceClassification)
        return nullptr;
    if (!columns.labelColumns.empty())
        return std::make_unique<LabelFlags>(table, columns.labelColumns, options);
    if (!columns.label && options.areLabelsRequired)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: no column looks like {}; columns: {}", table.source,
                                options.task == TaskType::Regression ? "numbers to predict" : "labels",
                                fmt::join(table.columns, ", ")),
                    options.task == TaskType::Regression
                        ? "Name the column with the numbers as data.columns.label."
                        : "Name the column with the classes as data.columns.label, or set task.type to what "
                          "the data is for.");
    if (!columns.label)
        return nullptr;
    if (options.task == TaskType::Regression)
        return std::make_unique<Scores>(table, *columns.label, options.areLabelsRequired);
    if (options.task == TaskType::MultiLabelClassification)
        return std::make_unique<LabelLists>(table, *columns.label, options);
    return std::make_unique<ClassLabels>(table, *columns.label, options);
}

std::string linesText(const std::vector<std::uint32_t>& lines)
{
    const std::size_t shown = std::min(lines.size(), namedLines);
    std::string text =
        fmt::format("{}", fmt::join(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(shown), ", "));
    return lines.size() > shown ? text + fmt::format(" and {} more", lines.size() - shown) : text;
}

std::vector<std::string> inLabelOrder(std::vector<std::string> names)
{
    std::ranges::sort(names);
    if (std::ranges::all_of(names, isInteger))
        std::ranges::sort(names, isSmallerNumber);
    return names;
}

void throwUnknownLabel(const std::string& place, const std::string& label,
                       const std::vector<std::string>& known)
{
    const auto end = known.begin() + static_cast<std::ptrdiff_t>(std::min(known.size(), shownLabels));
    throw Error(ErrorKind::BadInput,
                fmt::format("{}: the label \"{}\" is not in the training data; known labels: {}{}{}", place,
                            label, fmt::join(known.begin(), end, ", "), end == known.end() ? "" : ", …",
                            didYouMean(label, known)),
                "Correct the label, remove the row, or add rows with it to the training data.");
}

std::string labelText(const std::string& cell)
{
    return std::string(trimmed(cell));
}

std::vector<std::string> labelNamesOf(const DataTable& table, std::size_t labelColumn)
{
    std::set<std::string> distinct;
    for (const auto& row : table.rows) {
        if (!isBlank(row[labelColumn]))
            distinct.insert(labelText(row[labelColumn]));
        if (distinct.size() > mostLabels)
            throwTooManyLabels(table, labelColumn);
    }
    return inLabelOrder({distinct.begin(), distinct.end()});
}

std::vector<std::string> labelNamesInLists(const DataTable& table, std::size_t labelColumn)
{
    std::set<std::string> distinct;
    for (const auto& row : table.rows) {
        distinct.merge([&] {
            const auto labels = labelListOf(row[labelColumn]);
            return std::set<std::string>(labels.begin(), labels.end());
        }());
        if (distinct.size() > mostLabels)
            throwTooManyLabels(table, labelColumn);
    }
    return inLabelOrder({distinct.begin(), distinct.end()});
}

} // namespace lora
