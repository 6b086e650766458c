#include "core/experiment/comparison_conclusion.h"

#include "core/base/quantity_text.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace lora {

namespace {

using Rows = std::vector<const ComparisonRow*>;

bool isWithinNoise(const ComparisonRow& row, const ComparisonRow& full, std::int64_t evalRows)
{
    const double noise =
        std::min(accuracyStandardError(*row.metric, evalRows), accuracyStandardError(*full.metric, evalRows));
    return std::abs(*row.metric - *full.metric) <= noise;
}

std::string costText(const ComparisonRow& row, const ComparisonRow& full)
{
    std::string text;
    if (row.computeRatio)
        text += fmt::format("{} of its compute", percentText(*row.computeRatio));
    if (full.trainableParameters > 0 && row.trainableParameters > 0)
        text += fmt::format("{}{} of its trained parameters", text.empty() ? "" : " and ",
                            percentText(static_cast<double>(row.trainableParameters) /
                                        static_cast<double>(full.trainableParameters)));
    return text.empty() ? "" : " at " + text;
}

std::string pointsText(double difference)
{
    return significantText(std::abs(difference) * 100, 2) + " points";
}

std::string withinNoiseText(const ComparisonRow& row, const ComparisonRow& full)
{
    return fmt::format("{} ({} accuracy) is within noise of full fine-tuning ({}){}.", row.name,
                       percentText(*row.metric), percentText(*full.metric), costText(row, full));
}

std::string apartText(const ComparisonRow& row, const ComparisonRow& full)
{
    const double difference = *row.metric - *full.metric;
    return fmt::format("{} ({} accuracy) is {} {} full fine-tuning ({}), more than its noise,{}.", row.name,
                       percentText(*row.metric), pointsText(difference), difference > 0 ? "above" : "below",
                       percentText(*full.metric), costText(row, full));
}

double computeOf(const ComparisonRow& row)
{
    return row.computeRatio.value_or(1);
}

} // namespace

double accuracyStandardError(double accuracy, std::int64_t rows)
{
    return rows > 0 ? std::sqrt(std::max(0.0, accuracy * (1 - accuracy)) / static_cast<double>(rows)) : 0;
}

std::string comparisonConclusion(const RunComparison& comparison, std::int64_t evalRows)
{
    const ComparisonRow* full = nullptr;
    Rows adapted;
    for (const ComparisonRow& row : comparison.rows) {
        if (!row.metric)
            continue;
        if (row.method == "full")
            full = &row;
        else if (row.method == "lora")
            adapted.push_back(&row);
    }
    if (!full || adapted.empty() || comparison.metric != "accuracy" || evalRows <= 0)
        return {};

    Rows close;
    std::ranges::copy_if(adapted, std::back_inserter(close),
                         [&](const ComparisonRow* row) { return isWithinNoise(*row, *full, evalRows); });
    const std::string measure = fmt::format(
        " One standard error of an accuracy on {} rows is {} here; every row is one run with one seed.",
        evalRows, pointsText(accuracyStandardError(*full->metric, evalRows)));
    if (!close.empty())
        return withinNoiseText(
                   **std::ranges::min_element(close, {}, [](const auto* row) { return computeOf(*row); }),
                   *full) +
               measure;
    return apartText(**std::ranges::max_element(adapted, {}, [](const auto* row) { return *row->metric; }),
                     *full) +
           measure;
}

} // namespace lora
