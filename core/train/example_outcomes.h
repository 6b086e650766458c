#pragma once

#include "core/config/task.h"
#include "core/data/tokenized_dataset.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lora {

/// Loss of one example (row, or window or block of a row).
struct ExampleLoss
{
    double sum = 0;           ///< over its labelled items
    std::int64_t items = 0;   ///< labelled sequences, tokens or targets
    std::int64_t correct = 0; ///< language modelling: tokens whose largest logit is the right one
};

/// What an evaluation says about every labelled evaluation example, in the data set's order (questions: one
/// for each question, not for each window), so that two models can be compared example by example and every
/// metric be computed on resamples. All columns are [examples]:
///   loss, items                        all tasks: loss summed over the example's labelled items, their count
///   label, predicted                   classification, class ids
///   both, truth, predicted, exact      multi-label: counts of labels; exact: all of them right
///   target, value                      regression
///   both, truth, predicted             token classification: counts of entities
///   tags, right_tags                   … and of tags
///   exact_match, f1                    question answering
///   correct                            language modelling: tokens predicted right
struct ExampleOutcomes
{
    std::string examplesHash; ///< equal when the examples and their labels are the same ones
    std::int64_t classes = 0; ///< classification: how many there are
    std::map<std::string, std::vector<double>> columns;

    std::size_t size() const { return columns.empty() ? 0 : columns.begin()->second.size(); }
    /// Null where there is none.
    const std::vector<double>* column(const std::string& name) const;
    bool operator==(const ExampleOutcomes&) const = default;
};

/// Gathers the outcomes of the examples that have labels, in their order.
class OutcomeCollector
{
public:
    /// For an evaluation nobody asked outcomes of: what is added is not kept.
    OutcomeCollector() = default;
    /// Room for so many examples.
    explicit OutcomeCollector(std::size_t examples)
        : m_room(examples)
        , m_isWanted(true)
    {
        m_units.reserve(examples);
    }

    /// `unit`: the example's index; of questions on text, the row's.
    void add(std::size_t unit, std::initializer_list<std::pair<const char*, double>> values);
    /// `losses` are of each of the data set's examples.
    ExampleOutcomes finish(TaskType task, const TokenizedDataset& dataset,
                           const std::vector<ExampleLoss>& losses, std::int64_t classes);

private:
    std::size_t m_room = 0;
    bool m_isWanted = false;
    std::vector<std::size_t> m_units;
    std::map<std::string, std::vector<double>> m_columns;
};

} // namespace lora
