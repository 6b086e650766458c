#include "app/session/task_fits.h"

#include "core/base/error.h"
#include "core/data/column_mapping.h"
#include "core/data/column_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <optional>
#include <set>
#include <span>
#include <string>

namespace lora::app {

namespace {

using Cells = std::vector<std::string>;

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

bool hasColumn(const DataTable& table, std::string_view name)
{
    return std::any_of(table.columns.begin(), table.columns.end(),
                       [name](const std::string& column) { return lower(column) == name; });
}

bool hasAny(const DataTable& table, std::span<const std::string_view> names)
{
    return std::any_of(names.begin(), names.end(),
                       [&table](std::string_view name) { return hasColumn(table, name); });
}

/// Cells of the column this task would take as its label; none when it finds no columns.
std::optional<Cells> labelCells(const DataTable& table, TaskType task)
{
    try {
        const ResolvedColumns columns = resolveColumns(table, {}, task);
        if (!columns.label)
            return std::nullopt;
        Cells cells;
        for (const auto& row : table.rows)
            cells.push_back(row[*columns.label]);
        return cells;
    } catch (const Error&) {
        return std::nullopt;
    }
}

bool isNumber(const std::string& text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

bool areScores(const Cells& cells)
{
    const bool areNumbers = std::all_of(cells.begin(), cells.end(), isNumber);
    const bool haveFractions = std::any_of(cells.begin(), cells.end(), [](const std::string& cell) {
        return cell.find('.') != std::string::npos;
    });
    return !cells.empty() && areNumbers && haveFractions;
}

bool areLists(const Cells& cells)
{
    return !cells.empty() && std::all_of(cells.begin(), cells.end(),
                                         [](const std::string& cell) { return cell.starts_with('['); });
}

/// Few different short values among the rows seen.
bool areClasses(const Cells& cells)
{
    const std::set<std::string> values(cells.begin(), cells.end());
    const bool areShort = std::all_of(values.begin(), values.end(),
                                      [](const std::string& value) { return value.size() <= 60; });
    return values.size() > 1 && areShort && values.size() <= std::max<std::size_t>(2, cells.size() / 2);
}

/// What the table has, looked at once.
struct Findings
{
    bool hasQuestions = false;
    bool hasTags = false;
    bool hasPrompts = false;
    bool hasLabelColumns = false;
    std::optional<Cells> label;
};

Findings look(const DataTable& table)
{
    Findings found;
    found.hasQuestions = table.format == DataFormat::Squad ||
                         (hasAny(table, questionColumnNames()) && hasAny(table, contextColumnNames()) &&
                          hasAny(table, answerColumnNames()));
    found.hasTags = table.format == DataFormat::Conll ||
                    (hasAny(table, tokenColumnNames()) && hasAny(table, tagColumnNames()));
    found.hasPrompts = hasAny(table, messageColumnNames());
    for (const auto& [prompt, completion] : completionColumnNames())
        found.hasPrompts |= hasColumn(table, prompt) && hasColumn(table, completion);
    try {
        found.hasLabelColumns =
            resolveColumns(table, {}, TaskType::MultiLabelClassification).labelColumns.size() > 1;
    } catch (const Error&) {
        // No such columns.
    }
    found.label = labelCells(table, TaskType::SequenceClassification);
    return found;
}

/// Empty: the task can use the rows.
std::string whyNot(TaskType task, const Findings& found)
{
    const bool isWhole = found.hasQuestions || found.hasTags;
    switch (task) {
    case TaskType::SequenceClassification:
        if (isWhole || !found.label || found.hasLabelColumns || areLists(*found.label))
            return "needs a text and one label";
        return areClasses(*found.label) && !areScores(*found.label) ? "" : "needs few different labels";
    case TaskType::MultiLabelClassification:
        return !isWhole && (found.hasLabelColumns || (found.label && areLists(*found.label)))
                   ? ""
                   : "needs lists of labels or columns of 0 and 1";
    case TaskType::Regression:
        return !isWhole && found.label && std::all_of(found.label->begin(), found.label->end(), isNumber)
                   ? ""
                   : "needs a column of numbers";
    case TaskType::TokenClassification:
        return found.hasTags ? "" : "needs words with tags";
    case TaskType::QuestionAnswering:
        return found.hasQuestions ? "" : "needs question, context and answers";
    case TaskType::CausalLm:
    case TaskType::MaskedLm:
        break;
    }
    return found.hasTags ? "needs plain text" : "";
}

} // namespace

std::vector<ui::TaskFit> taskFits(const DataTable& table)
{
    const Findings found = look(table);
    // The most telling first: text alone is good for language modelling whatever else there is.
    std::vector<TaskType> order{TaskType::QuestionAnswering,
                                TaskType::TokenClassification,
                                TaskType::MultiLabelClassification,
                                TaskType::SequenceClassification,
                                TaskType::Regression,
                                TaskType::CausalLm,
                                TaskType::MaskedLm};
    if (found.hasPrompts && !found.hasQuestions)
        std::rotate(order.begin(), order.end() - 2, order.end());
    std::vector<ui::TaskFit> fits;
    for (const TaskType task : order)
        fits.push_back({task, whyNot(task, found)});
    std::stable_partition(fits.begin(), fits.end(),
                          [](const ui::TaskFit& fit) { return fit.whyNot.empty(); });
    return fits;
}

} // namespace lora::app
