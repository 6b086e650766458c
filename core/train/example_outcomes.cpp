#include "core/train/example_outcomes.h"

#include "core/io/mapped_file.h"

#include <span>

#include <fmt/format.h>

namespace lora {

namespace {

bool isUnitRow(TaskType task, const TokenizedDataset& dataset)
{
    return task == TaskType::QuestionAnswering && !dataset.sources.empty();
}

/// Which rows of which file with which labels: the same for models that cut texts into other tokens, except
/// where the rows are blocks of tokens.
std::string hashOfExamples(TaskType task, const TokenizedDataset& dataset,
                           const std::vector<std::size_t>& units)
{
    std::vector<std::vector<std::size_t>> examplesOfRow;
    if (isUnitRow(task, dataset)) {
        examplesOfRow.resize(dataset.sources.size());
        for (std::size_t e = 0; e < dataset.size(); ++e)
            examplesOfRow[dataset.examples[e].row].push_back(e);
    }
    std::string text = fmt::format("{} {}\n", toString(task), dataset.hash);
    for (const std::size_t unit : units) {
        const std::size_t first = examplesOfRow.empty() ? unit : examplesOfRow[unit].front();
        const TokenizedExample& example = dataset.examples[first];
        text += fmt::format("{} {} {}", example.row, example.line, example.classLabel);
        for (const float target : example.targets)
            text += fmt::format(" {}", target);
        if (isLanguageModelling(task))
            text += " " + hashOf(std::as_bytes(std::span(example.inputIds)));
        text += '\n';
    }
    return hashOf(std::as_bytes(std::span(text)));
}

} // namespace

const std::vector<double>* ExampleOutcomes::column(const std::string& name) const
{
    const auto found = columns.find(name);
    return found == columns.end() ? nullptr : &found->second;
}

void OutcomeCollector::add(std::size_t unit, std::initializer_list<std::pair<const char*, double>> values)
{
    if (!m_isWanted)
        return;
    m_units.push_back(unit);
    for (const auto& [name, value] : values) {
        std::vector<double>& column = m_columns[name];
        column.reserve(m_room);
        column.push_back(value);
    }
}

ExampleOutcomes OutcomeCollector::finish(TaskType task, const TokenizedDataset& dataset,
                                         const std::vector<ExampleLoss>& losses, std::int64_t classes)
{
    const bool isByRow = isUnitRow(task, dataset);
    std::vector<ExampleLoss> ofUnits(isByRow ? dataset.sources.size() : losses.size());
    for (std::size_t e = 0; e < losses.size(); ++e) {
        ExampleLoss& unit = ofUnits[isByRow ? dataset.examples[e].row : e];
        unit.sum += losses[e].sum;
        unit.items += losses[e].items;
    }
    ExampleOutcomes outcomes;
    outcomes.classes = classes;
    outcomes.examplesHash = hashOfExamples(task, dataset, m_units);
    outcomes.columns = std::move(m_columns);
    for (const std::size_t unit : m_units) {
        outcomes.columns["loss"].push_back(ofUnits[unit].sum);
        outcomes.columns["items"].push_back(static_cast<double>(ofUnits[unit].items));
    }
    return outcomes;
}

} // namespace lora
