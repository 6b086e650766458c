#include "core/train/outcome_metric.h"

#include "core/train/score_metrics.h"
#include "core/train/task_metrics.h"

#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

namespace lora {

namespace {

using Column = std::vector<double>;
using Drawn = std::span<const std::uint32_t>;

double sumOf(const Column& column, Drawn drawn)
{
    double sum = 0;
    for (const std::uint32_t example : drawn)
        sum += column[example];
    return sum;
}

double share(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

DrawnMetric meanOf(const Column& column)
{
    return [column](Drawn drawn) { return share(sumOf(column, drawn), static_cast<double>(drawn.size())); };
}

/// factor · Σ part / Σ whole
DrawnMetric ratioOf(const Column& part, const Column& whole, double factor = 1)
{
    return [part, whole, factor](Drawn drawn) {
        return share(factor * sumOf(part, drawn), sumOf(whole, drawn));
    };
}

Column sum(const Column& a, const Column& b)
{
    Column result(a.size());
    std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::plus<>());
    return result;
}

DrawnMetric confusionMetric(const ExampleOutcomes& outcomes, double (ConfusionMatrix::*value)() const)
{
    const std::vector<std::int32_t> labels(outcomes.column("label")->begin(),
                                           outcomes.column("label")->end());
    const std::vector<std::int32_t> predicted(outcomes.column("predicted")->begin(),
                                              outcomes.column("predicted")->end());
    return [labels, predicted, classes = outcomes.classes, value](Drawn drawn) {
        ConfusionMatrix confusion(classes);
        for (const std::uint32_t example : drawn)
            confusion.add(labels[example], predicted[example]);
        return (confusion.*value)();
    };
}

DrawnMetric classMetric(const ExampleOutcomes& outcomes, const std::string& metric)
{
    if (metric == "accuracy") {
        const Column& labels = *outcomes.column("label");
        const Column& predicted = *outcomes.column("predicted");
        Column right(labels.size());
        for (std::size_t i = 0; i < right.size(); ++i)
            right[i] = labels[i] == predicted[i] ? 1 : 0;
        return meanOf(right);
    }
    if (metric == "f1")
        return confusionMetric(outcomes, &ConfusionMatrix::f1);
    if (metric == "matthews_correlation")
        return confusionMetric(outcomes, &ConfusionMatrix::matthewsCorrelation);
    return {};
}

DrawnMetric scoreMetric(const ExampleOutcomes& outcomes, const std::string& metric)
{
    using Score = double (*)(std::span<const double>, std::span<const double>);
    const std::map<std::string, Score> scores = {{"pearson", pearsonCorrelation},
                                                 {"spearmanr", spearmanCorrelation},
                                                 {"mse", meanSquaredError},
                                                 {"mae", meanAbsoluteError}};
    const auto found = scores.find(metric);
    if (found == scores.end())
        return {};
    return [target = *outcomes.column("target"), value = *outcomes.column("value"),
            score = found->second](Drawn drawn) {
        Column targets, values;
        targets.reserve(drawn.size());
        values.reserve(drawn.size());
        for (const std::uint32_t example : drawn) {
            targets.push_back(target[example]);
            values.push_back(value[example]);
        }
        return score(targets, values);
    };
}

/// Counts of labels or entities, and of what is wholly right.
DrawnMetric countMetric(const ExampleOutcomes& outcomes, const std::string& metric)
{
    const Column& both = *outcomes.column("both");
    const Column& truth = *outcomes.column("truth");
    const Column& predicted = *outcomes.column("predicted");
    if (metric == "f1")
        return ratioOf(both, sum(truth, predicted), 2);
    if (metric == "accuracy" && outcomes.column("exact"))
        return meanOf(*outcomes.column("exact"));
    const Column* tags = outcomes.column("tags");
    const Column* rightTags = outcomes.column("right_tags");
    if (!tags || !rightTags)
        return {};
    if (metric == "precision")
        return ratioOf(both, predicted);
    if (metric == "recall")
        return ratioOf(both, truth);
    if (metric == "accuracy")
        return ratioOf(*rightTags, *tags);
    return {};
}

} // namespace

DrawnMetric outcomeMetric(const ExampleOutcomes& outcomes, const std::string& metric)
{
    const auto has = [&](const char* name) { return outcomes.column(name) != nullptr; };
    if (!has("loss") || !has("items"))
        return {};
    const Column& loss = *outcomes.column("loss");
    const Column& items = *outcomes.column("items");
    if (metric == "loss")
        return ratioOf(loss, items);
    if (has("correct") && metric == "perplexity")
        return [mean = ratioOf(loss, items)](Drawn drawn) { return std::exp(mean(drawn)); };
    if (has("correct") && metric == "accuracy")
        return ratioOf(*outcomes.column("correct"), items);
    if (has("label") && has("predicted"))
        return classMetric(outcomes, metric);
    if (has("target") && has("value"))
        return scoreMetric(outcomes, metric);
    if (has("both") && has("truth") && has("predicted"))
        return countMetric(outcomes, metric);
    if (has("exact_match") && has("f1") && (metric == "exact_match" || metric == "f1"))
        return meanOf(*outcomes.column(metric));
    return {};
}

double metricOf(const ExampleOutcomes& outcomes, const std::string& metric)
{
    const DrawnMetric value = outcomeMetric(outcomes, metric);
    if (!value || outcomes.size() == 0)
        return std::numeric_limits<double>::quiet_NaN();
    std::vector<std::uint32_t> all(outcomes.size());
    std::iota(all.begin(), all.end(), 0u);
    return value(all);
}

} // namespace lora
