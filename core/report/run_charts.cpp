#include "core/report/run_charts.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace lora {

namespace {

constexpr std::size_t maxPoints = 200;

ChartSeries seriesOf(const RunRecord& run, std::size_t earlierOfSameColour)
{
    // Runs of one colour are told apart by their dashes.
    constexpr std::array<const char*, 4> dashes = {"", "6 3", "2 3", "8 3 2 3"};
    ChartSeries series;
    series.name = run.experiment.name.empty() ? run.id : run.experiment.name;
    series.colour = methodColour(run.experiment.method);
    series.dash = dashes[earlierOfSameColour % dashes.size()];
    return series;
}

std::vector<ChartSeries> emptySeries(const std::vector<std::shared_ptr<const RunRecord>>& runs)
{
    std::vector<ChartSeries> all;
    for (const auto& run : runs) {
        const std::string colour = methodColour(run->experiment.method);
        const auto same =
            std::count_if(all.begin(), all.end(), [&](const auto& each) { return each.colour == colour; });
        all.push_back(seriesOf(*run, static_cast<std::size_t>(same)));
    }
    return all;
}

std::vector<std::pair<double, double>> averagedLoss(const std::vector<StepMetrics>& steps)
{
    const std::size_t bucket = (steps.size() + maxPoints - 1) / maxPoints;
    std::vector<std::pair<double, double>> points;
    for (std::size_t begin = 0; begin < steps.size(); begin += bucket) {
        const std::size_t end = std::min(steps.size(), begin + bucket);
        double sum = 0;
        for (std::size_t index = begin; index < end; ++index)
            sum += steps[index].loss;
        points.emplace_back(static_cast<double>(steps[end - 1].step), sum / static_cast<double>(end - begin));
    }
    return points;
}

} // namespace

std::string methodColour(const MethodConfig& method)
{
    constexpr std::array<const char*, 7> ranks = {"#e69f00", "#56b4e9", "#009e73", "#0072b2",
                                                  "#d55e00", "#cc79a7", "#b9b033"};
    switch (method.type) {
    case MethodType::Full:
        return "#1b1f24";
    case MethodType::Head:
        return "#8a8d91";
    case MethodType::Lora:
        break;
    }
    const auto index = static_cast<std::size_t>(std::lround(std::log2(std::max(1, method.lora.r))));
    return ranks[std::min(index, ranks.size() - 1)];
}

Chart trainingLossChart(const std::vector<std::shared_ptr<const RunRecord>>& runs)
{
    std::size_t longest = 0;
    for (const auto& run : runs)
        longest = std::max(longest, run->steps.size());
    const bool isAveraged = longest > maxPoints;
    Chart chart{isAveraged ? "Training loss (neighbouring steps averaged)" : "Training loss",
                "optimiser step", "loss", emptySeries(runs)};
    for (std::size_t index = 0; index < runs.size(); ++index)
        chart.series[index].points = averagedLoss(runs[index]->steps);
    return chart;
}

Chart evaluationChart(const std::vector<std::shared_ptr<const RunRecord>>& runs, const std::string& metric)
{
    Chart chart{"Evaluation: " + metric + " (step 0: the untuned model)", "optimiser step", metric,
                emptySeries(runs)};
    for (std::size_t index = 0; index < runs.size(); ++index) {
        chart.series[index].hasMarkers = true;
        for (const EvalMetrics& evaluation : runs[index]->evaluations) {
            if (const auto value = evaluation.values.find(metric); value != evaluation.values.end())
                chart.series[index].points.emplace_back(static_cast<double>(evaluation.step), value->second);
        }
    }
    return chart;
}

} // namespace lora
