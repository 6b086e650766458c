#include "core/report/run_charts.h"

#include "core/base/quantity_text.h"
#include "core/config/task.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace lora {

namespace {

using Runs = std::vector<std::shared_ptr<const RunRecord>>;
using Points = std::vector<std::pair<double, double>>;

constexpr std::size_t maxPoints = 200;
constexpr std::array<const char*, 4> dashes = {"", "6 3", "2 3", "8 3 2 3"};

std::string nameOf(const RunRecord& run)
{
    return run.experiment.name.empty() ? run.id : run.experiment.name;
}

/// Runs of one colour are told apart by their dashes.
std::vector<ChartSeries> emptySeries(const Runs& runs)
{
    std::vector<ChartSeries> all;
    for (const auto& run : runs) {
        const std::string colour = methodColour(run->experiment.method);
        const auto same =
            std::count_if(all.begin(), all.end(), [&](const auto& each) { return each.colour == colour; });
        ChartSeries series;
        series.name = nameOf(*run);
        series.colour = colour;
        series.dash = dashes[static_cast<std::size_t>(same) % dashes.size()];
        all.push_back(std::move(series));
    }
    return all;
}

Points averagedLoss(const std::vector<StepMetrics>& steps)
{
    const std::size_t bucket = (steps.size() + maxPoints - 1) / maxPoints;
    Points points;
    for (std::size_t begin = 0; begin < steps.size(); begin += bucket) {
        const std::size_t end = std::min(steps.size(), begin + bucket);
        double sum = 0;
        for (std::size_t index = begin; index < end; ++index)
            sum += steps[index].loss;
        points.emplace_back(static_cast<double>(steps[end - 1].step), sum / static_cast<double>(end - begin));
    }
    return points;
}

/// Exponential mean with its start corrected (as Adam's), over a tenth of the points.
Points smoothed(const Points& raw)
{
    const double keep = 1 - 1 / std::clamp(static_cast<double>(raw.size()) / 10, 1.0, 20.0);
    Points points;
    double mean = 0, weight = 0;
    for (const auto& [x, y] : raw) {
        if (std::isfinite(y)) {
            mean = keep * mean + (1 - keep) * y;
            weight = keep * weight + (1 - keep);
        }
        points.emplace_back(x, std::isfinite(y) && weight > 0 ? mean / weight : y);
    }
    return points;
}

std::string fromTo(const Points& points)
{
    const auto isFinite = [](const auto& point) { return std::isfinite(point.second); };
    const auto first = std::ranges::find_if(points, isFinite);
    const auto last = std::find_if(points.rbegin(), points.rend(), isFinite);
    return first == points.end()
               ? "nothing"
               : fmt::format("from {} to {}", significantText(first->second), significantText(last->second));
}

std::string describedCurves(const std::vector<ChartSeries>& series)
{
    std::string text;
    for (const ChartSeries& each : series)
        if (!each.isFaint && text.size() < 2000)
            text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", each.name, fromTo(each.points));
    return text + ".";
}

/// Mean of a metric that all runs of a kind share; nothing where there is none.
std::optional<double> meanOf(const Runs& runs, const std::string& metric, bool isUntuned)
{
    double sum = 0;
    int count = 0;
    for (const auto& run : runs) {
        if (!isUntuned && run->experiment.method.type != MethodType::Full)
            continue;
        const auto& values = isUntuned ? run->summary.untuned : finalMetrics(*run);
        if (const auto found = values.find(metric); found != values.end() && std::isfinite(found->second)) {
            sum += found->second;
            ++count;
        }
    }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
}

void addLevels(Chart& chart, const Runs& runs, const std::string& metric)
{
    if (const auto untuned = meanOf(runs, metric, true))
        chart.levels.push_back({"untuned " + significantText(*untuned), *untuned});
    if (const auto full = meanOf(runs, metric, false))
        chart.levels.push_back({"full fine-tuning " + significantText(*full), *full});
}

void addPoint(ChartSeries& series, double x, const MeanInterval& metric)
{
    series.points.emplace_back(x, metric.mean);
    const auto none = std::pair(std::nan(""), std::nan(""));
    series.intervals.push_back(metric.interval ? std::pair(metric.interval->low, metric.interval->high)
                                               : none);
}

ChartSeries frontSeries(const RunStatistics& statistics)
{
    ChartSeries front;
    front.colour = "#8a8d91";
    front.dash = "2 3";
    const std::vector<std::size_t> indices = paretoFront(statistics);
    for (std::size_t i = 0; i < indices.size(); ++i) {
        const RunGroup& group = statistics.groups[indices[i]];
        if (i > 0) // quality stays what it was until the next one is paid for
            front.points.emplace_back(*group.computeRatio, front.points.back().second);
        front.points.emplace_back(*group.computeRatio, group.metric->mean);
    }
    return front;
}

bool hasIntervals(const RunStatistics& statistics)
{
    return std::ranges::any_of(statistics.groups,
                               [](const auto& group) { return group.metric && group.metric->interval; });
}

} // namespace

std::string methodColour(const MethodConfig& method)
{
    constexpr std::array<const char*, 7> ranks = {"#e69f00", "#56b4e9", "#009e73", "#0072b2",
                                                  "#d55e00", "#cc79a7", "#b9b033"};
    switch (method.type) {
    case MethodType::Full:
        return "";
    case MethodType::Head:
        return "#8a8d91";
    case MethodType::Lora:
        break;
    }
    const auto index = static_cast<std::size_t>(std::lround(std::log2(std::max(1, method.lora.r))));
    return ranks[std::min(index, ranks.size() - 1)];
}

Chart trainingLossChart(const Runs& runs)
{
    Chart chart{"Training loss", "optimiser step", "loss (smoothed; as measured behind)", emptySeries(runs),
                ""};
    std::vector<ChartSeries> raw;
    for (std::size_t index = 0; index < runs.size(); ++index) {
        ChartSeries& series = chart.series[index];
        ChartSeries& behind = raw.emplace_back(series);
        behind.isFaint = true;
        behind.points = averagedLoss(runs[index]->steps);
        series.points = smoothed(behind.points);
    }
    chart.description = "Smoothed training loss, first and last: " + describedCurves(chart.series);
    chart.series.insert(chart.series.end(), raw.begin(), raw.end());
    return chart;
}

Chart evaluationChart(const Runs& runs, const std::string& metric)
{
    Chart chart{"Evaluation: " + metric, "optimiser step (0: the untuned model)", metric, emptySeries(runs),
                ""};
    for (std::size_t index = 0; index < runs.size(); ++index) {
        chart.series[index].hasMarkers = true;
        for (const EvalMetrics& evaluation : runs[index]->evaluations) {
            if (const auto value = evaluation.values.find(metric); value != evaluation.values.end())
                chart.series[index].points.emplace_back(static_cast<double>(evaluation.step), value->second);
        }
    }
    addLevels(chart, runs, metric);
    chart.description = metric + " on the evaluation rows, first and last: " + describedCurves(chart.series);
    return chart;
}

std::vector<std::size_t> paretoFront(const RunStatistics& statistics)
{
    const double sign = isLowerBetter(statistics.metric) ? -1 : 1;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < statistics.groups.size(); ++i) {
        const RunGroup& group = statistics.groups[i];
        if (group.computeRatio && group.metric && std::isfinite(group.metric->mean))
            order.push_back(i);
    }
    const auto qualityOf = [&](std::size_t i) { return sign * statistics.groups[i].metric->mean; };
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        const double costOfA = *statistics.groups[a].computeRatio;
        const double costOfB = *statistics.groups[b].computeRatio;
        return costOfA != costOfB ? costOfA < costOfB : qualityOf(a) > qualityOf(b);
    });
    std::vector<std::size_t> front;
    for (const std::size_t i : order)
        if (front.empty() || qualityOf(i) > qualityOf(front.back()))
            front.push_back(i);
    return front;
}

Chart costChart(const Runs& runs, const RunStatistics& statistics)
{
    Chart chart{"Quality against cost", "compute against full fine-tuning", statistics.metric, {}, ""};
    chart.xText = AxisText::Percent;
    chart.isXFromZero = true;
    for (const RunGroup& group : statistics.groups) {
        if (!group.computeRatio || !group.metric)
            continue;
        ChartSeries& series = chart.series.emplace_back();
        series.name = group.name;
        series.colour = methodColour(runs[group.members.front()]->experiment.method);
        series.hasMarkers = true;
        series.isLine = false;
        addPoint(series, *group.computeRatio, *group.metric);
        chart.description +=
            fmt::format("{}{}: {} {} at {} of the compute", chart.description.empty() ? "" : "; ", group.name,
                        statistics.metric, meanText(*group.metric), percentText(*group.computeRatio));
    }
    if (chart.series.size() < 2)
        return {};
    chart.series.insert(chart.series.begin(), frontSeries(statistics));
    chart.description += ". The dotted line is the Pareto front: no other configuration is both cheaper and "
                         "better than those on it.";
    if (hasIntervals(statistics))
        chart.yLabel += " (95 % interval of the mean over seeds)";
    return chart;
}

Chart rankChart(const Runs& runs, const RunComparison& comparison, const RunStatistics& statistics)
{
    Chart chart{"Quality against rank", "rank r", statistics.metric, {}, ""};
    chart.xText = AxisText::PowerOfTwo;
    std::map<std::string, std::map<int, MeanInterval>> byTargets;
    std::size_t ranks = 0;
    for (const RunGroup& group : statistics.groups) {
        const ComparisonRow& row = comparison.rows[group.members.front()];
        if (row.rank && *row.rank > 0 && group.metric)
            ranks = std::max(
                ranks, (byTargets[row.targets][*row.rank] = *group.metric, byTargets[row.targets].size()));
    }
    if (ranks < 2)
        return {};
    constexpr std::array<const char*, 4> colours = {"#0072b2", "#d55e00", "#009e73", "#cc79a7"};
    for (const auto& [targets, metrics] : byTargets) {
        const std::size_t index = chart.series.size();
        ChartSeries& series = chart.series.emplace_back();
        series.name = targets;
        series.colour = colours[index % colours.size()];
        series.dash = dashes[index / colours.size() % dashes.size()];
        series.hasMarkers = true;
        chart.description += fmt::format("{}{}", chart.description.empty() ? "" : ". ", targets);
        for (const auto& [rank, metric] : metrics) {
            addPoint(series, std::log2(rank), metric);
            chart.description += fmt::format("; rank {}: {}", rank, meanText(metric));
        }
    }
    addLevels(chart, runs, statistics.metric);
    if (hasIntervals(statistics))
        chart.yLabel += " (95 % interval of the mean over seeds)";
    return chart;
}

} // namespace lora
