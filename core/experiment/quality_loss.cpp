#include "core/experiment/quality_loss.h"

#include "core/analysis/paired_statistics.h"
#include "core/config/task.h"
#include "core/train/outcome_metric.h"

namespace lora {

namespace {

/// 1 where the class is right; nothing where the metric is no share of right classes.
std::optional<std::vector<double>> rightClasses(const ExampleOutcomes& outcomes, const std::string& metric)
{
    const std::vector<double>* labels = outcomes.column("label");
    const std::vector<double>* predicted = outcomes.column("predicted");
    if (metric != "accuracy" || !labels || !predicted)
        return std::nullopt;
    std::vector<double> right(labels->size());
    for (std::size_t i = 0; i < right.size(); ++i)
        right[i] = (*labels)[i] == (*predicted)[i] ? 1 : 0;
    return right;
}

} // namespace

std::optional<RankLoss> qualityLoss(const ExampleOutcomes& original, const ExampleOutcomes& changed,
                                    const std::string& metric)
{
    // The worse one minus the better one, so that a loss is above 0.
    const ExampleOutcomes& a = isLowerBetter(metric) ? changed : original;
    const ExampleOutcomes& b = isLowerBetter(metric) ? original : changed;
    PairedEvaluation evaluation;
    evaluation.examples = original.size();
    const DrawnMetric ofA = outcomeMetric(a, metric);
    const DrawnMetric ofB = outcomeMetric(b, metric);
    if (!ofA || !ofB || original.size() == 0 || original.size() != changed.size())
        return std::nullopt;
    evaluation.difference = [&](std::span<const std::uint32_t> drawn) { return ofA(drawn) - ofB(drawn); };
    const auto rightA = rightClasses(a, metric);
    const auto rightB = rightClasses(b, metric);
    if (rightA && rightB)
        evaluation.discordance = discordance(*rightA, *rightB);
    const PairedDifference difference = pairedDifference({&evaluation, 1}, ExampleSets::Shared);
    return RankLoss{difference.difference, difference.interval.low, difference.interval.high};
}

} // namespace lora
