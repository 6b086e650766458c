#include "core/data/task_lint.h"

#include "core/base/error.h"
#include "core/data/cell_list.h"
#include "core/data/cell_text.h"
#include "core/data/chat_format.h"
#include "core/data/row_labels.h"
#include "core/data/table_tokenizer.h"

#include <algorithm>
#include <map>
#include <stdexcept>

#include <fmt/format.h>

namespace lora {

namespace {

using Counts = std::map<std::string, std::int64_t>;

LabelCounts inOrder(const Counts& counts, const std::vector<std::string>& names)
{
    LabelCounts result;
    for (const std::string& name : names) {
        const auto found = counts.find(name);
        result.emplace_back(name, found == counts.end() ? 0 : found->second);
    }
    return result;
}

std::vector<std::string> namesOf(const Counts& counts)
{
    std::vector<std::string> names;
    for (const auto& [name, count] : counts)
        names.push_back(name);
    names = inLabelOrder(std::move(names));
    std::ranges::stable_partition(names, [](const std::string& name) { return name == "O"; });
    return names;
}

std::vector<Answer> answersAt(const DataTable& table, const ResolvedColumns& columns, std::size_t row)
{
    const auto& cells = table.rows[row];
    return answersOf(cells[*columns.label],
                     columns.answerStart ? std::string_view(cells[*columns.answerStart]) : "");
}

/// What is wrong with the label of a row; empty when nothing is.
std::string problemOf(const DataTable& table, const ResolvedColumns& columns, TaskType task, std::size_t row)
{
    const auto& cells = table.rows[row];
    const std::string label = columns.label ? labelText(cells[*columns.label]) : std::string();
    switch (task) {
    case TaskType::SequenceClassification:
        return columns.label && label.empty() ? "the label is missing" : "";
    case TaskType::Regression:
        if (columns.label && label.empty())
            return "the number is missing";
        return columns.label && !isNumber(label) ? "\"" + label.substr(0, 40) + "\" is not a number" : "";
    case TaskType::TokenClassification: {
        if (!columns.label)
            return "";
        const std::size_t words = wordListOf(cells[columns.text]).size();
        const std::vector<std::string> tags = wordListOf(cells[*columns.label]);
        if (words != tags.size())
            return fmt::format("{} words, but {} tags", words, tags.size());
        const auto missing = std::ranges::find(tags, std::string());
        return missing == tags.end() ? "" : fmt::format("word {} has no tag", missing - tags.begin() + 1);
    }
    case TaskType::QuestionAnswering: {
        const std::vector<Answer> answers =
            columns.label ? answersAt(table, columns, row) : std::vector<Answer>{};
        const bool isLost =
            !answers.empty() && cells[*columns.textPair].find(trimmed(answers[0].text)) == std::string::npos;
        if (!answers.empty() && isBlank(answers[0].text))
            return "the answer is empty";
        return isLost ? "the answer does not stand in the passage" : "";
    }
    case TaskType::CausalLm:
        if (columns.form == RowForm::Messages && !isBlank(cells[columns.text]))
            messagesOf(cells[columns.text]);
        return columns.label && label.empty() ? "the completion is empty" : "";
    case TaskType::MultiLabelClassification:
    case TaskType::MaskedLm:
        break;
    }
    return "";
}

} // namespace

LabelCounts countLabels(const DataTable& table, const ResolvedColumns& columns, TaskType task)
{
    Counts counts;
    for (const std::size_t column : columns.labelColumns) {
        std::int64_t& count = counts[table.columns[column]];
        for (const auto& row : table.rows)
            count += trimmed(row[column]) == "1" || trimmed(row[column]) == "1.0" ? 1 : 0;
    }
    if (!columns.labelColumns.empty())
        return {counts.begin(), counts.end()};
    if (!columns.label || isLanguageModelling(task) || task == TaskType::Regression)
        return {};
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::string& cell = table.rows[row][*columns.label];
        if (task == TaskType::SequenceClassification)
            ++counts[labelText(cell)];
        for (const std::string& name : task == TaskType::MultiLabelClassification ? labelListOf(cell)
                                       : task == TaskType::TokenClassification    ? wordListOf(cell)
                                                                               : std::vector<std::string>{})
            ++counts[name];
        if (task != TaskType::QuestionAnswering)
            continue;
        try {
            ++counts[answersAt(table, columns, row).empty() ? "unanswerable" : "answered"];
        } catch (const std::invalid_argument&) {
            continue; // lintLabels tells of it
        }
    }
    if (task == TaskType::SequenceClassification)
        return inOrder(counts, labelNamesOf(table, *columns.label));
    return inOrder(counts, namesOf(counts));
}

void lintLabels(const DataTable& table, const ResolvedColumns& columns, TaskType task,
                std::vector<DataProblem>& problems)
{
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        std::string problem;
        try {
            problem = problemOf(table, columns, task, row);
        } catch (const std::invalid_argument& found) {
            problem = found.what();
        }
        if (!problem.empty())
            problems.push_back({table.lines[row], std::move(problem)});
    }
}

} // namespace lora
