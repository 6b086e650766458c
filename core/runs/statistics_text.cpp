// What paired statistics say, as sentences, a terminal's table and JSON.
#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/config/task.h"
#include "core/runs/run_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

constexpr std::size_t terminalWidth = 80;

/// Shares and correlations are told in hundredths.
bool isInPoints(const std::string& metric)
{
    return !isLowerBetter(metric);
}

std::string signedText(double value)
{
    const double size = std::abs(value);
    // One digit behind the point from 9.95, which is shown as 10.0.
    const std::string digits =
        size >= 9.95 ? significantText(std::max(size, 10.0), 3) : significantText(size, 2);
    return (value < 0 ? "−" : "") + digits;
}

std::string plural(std::size_t count, const char* one)
{
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

std::string nameOf(const RunGroup& group)
{
    if (group.method != "full" || group.name.find("full fine-tuning") != std::string::npos)
        return group.name;
    return group.name == "full" ? "full fine-tuning" : fmt::format("full fine-tuning ({})", group.name);
}

/// " at 26 % of its compute and 1.2 % of its trained parameters"
std::string costText(const RunGroup& group, const RunGroup& baseline)
{
    std::string text;
    if (group.computeRatio && baseline.computeRatio && *baseline.computeRatio > 0)
        text += fmt::format("{} of its compute", percentText(*group.computeRatio / *baseline.computeRatio));
    if (group.trainableParameters > 0 && baseline.trainableParameters > 0)
        text += fmt::format("{}{} of its trained parameters", text.empty() ? "" : " and ",
                            percentText(static_cast<double>(group.trainableParameters) /
                                        static_cast<double>(baseline.trainableParameters)));
    return text.empty() ? "" : " at " + text;
}

std::string evidenceText(const std::string& metric, const PairedDifference& paired)
{
    const std::string difference = differenceText(metric, paired.difference);
    return fmt::format("{}, 95 % interval {}, {}, {}",
                       isInPoints(metric) ? fmt::format("{} points of {}", difference, metric)
                                          : fmt::format("{} {}", metric, difference),
                       intervalText(metric, paired.interval), plural(paired.examples, "example"),
                       plural(paired.seeds, "seed"));
}

double computeOf(const RunStatistics& statistics, const GroupComparison& comparison)
{
    return statistics.groups[comparison.group].computeRatio.value_or(1);
}

/// Larger is better.
double qualityOf(const RunStatistics& statistics, const GroupComparison& comparison)
{
    return isLowerBetter(statistics.metric) ? -comparison.difference->difference
                                            : comparison.difference->difference;
}

constexpr std::size_t columnCount = 6;
using Cells = std::array<std::string, columnCount>;

Cells cellsOf(const RunStatistics& statistics, const RunGroup& group, const GroupComparison* comparison)
{
    const bool isTold = comparison && comparison->difference;
    return {group.name,
            std::to_string(isTold ? comparison->difference->seeds : group.members.size()),
            group.metric ? meanText(*group.metric) : "–",
            isTold ? differenceText(statistics.metric, comparison->difference->difference) : "",
            isTold ? intervalText(statistics.metric, comparison->difference->interval) : "",
            comparison ? verdictText(statistics, *comparison) : "baseline"};
}

std::string tableOf(const std::vector<Cells>& lines)
{
    constexpr std::size_t gap = 2;
    std::array<std::size_t, columnCount> widths = {};
    for (const Cells& cells : lines)
        for (std::size_t column = 0; column < columnCount; ++column)
            widths[column] = std::max(widths[column], displayWidth(printable(cells[column])));
    std::size_t others = 0;
    for (std::size_t column = 1; column < columnCount; ++column)
        others += widths[column] + gap;
    widths[0] = std::min(widths[0], terminalWidth - std::min(others, terminalWidth - 6));
    std::string table;
    for (const Cells& cells : lines) {
        std::string line;
        for (std::size_t column = 0; column < columnCount; ++column) {
            const bool isText = column == 0 || column + 1 == columnCount;
            line += (column > 0 ? std::string(gap, ' ') : "") + padded(fitted(cells[column], widths[column]),
                                                                       widths[column],
                                                                       isText ? Align::Left : Align::Right);
        }
        table += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return table;
}

std::string footnote(const RunStatistics& statistics)
{
    std::string text;
    const auto isSevere = [](const RunGroup& group) { return group.members.size() > 1; };
    if (std::ranges::any_of(statistics.groups, isSevere))
        text += "±: half of the 95 % interval of the mean over seeds. ";
    const auto hasOneSeed = [](const GroupComparison& comparison) {
        return comparison.difference && comparison.difference->seeds == 1;
    };
    if (std::ranges::any_of(statistics.comparisons, hasOneSeed))
        text += "Intervals of one seed say nothing about other seeds. ";
    std::size_t mostRates = 1;
    for (const RunGroup& group : statistics.groups)
        mostRates = std::max(mostRates, group.triedRates);
    if (mostRates > 1)
        text += fmt::format("Each configuration is judged by its best of up to {} learning rates, chosen on "
                            "these same examples, which flatters all of them a little. ",
                            mostRates);
    return text.empty() ? "" : wrapped(text.substr(0, text.size() - 1), terminalWidth) + "\n";
}

} // namespace

std::string differenceText(const std::string& metric, double difference)
{
    return signedText(isInPoints(metric) ? difference * 100 : difference);
}

std::string intervalText(const std::string& metric, const Interval& interval)
{
    return differenceText(metric, interval.low) + " to " + differenceText(metric, interval.high);
}

std::string meanText(const MeanInterval& value)
{
    std::string text = significantText(value.mean);
    if (value.interval)
        text += " ± " + significantText((value.interval->high - value.interval->low) / 2, 2);
    return text;
}

std::string verdictText(const RunStatistics& statistics, const GroupComparison& comparison)
{
    if (!comparison.difference)
        return "cannot tell";
    const std::optional<bool> better = isBetter(statistics, comparison);
    return better ? (*better ? "better" : "worse") : "within noise";
}

std::string comparisonSentence(const RunStatistics& statistics, const GroupComparison& comparison)
{
    const RunGroup& group = statistics.groups[comparison.group];
    const RunGroup& baseline = statistics.baselineGroup();
    if (!comparison.difference)
        return fmt::format("Whether {} is within noise of {} cannot be told: {}.", nameOf(group),
                           nameOf(baseline), comparison.unknown);
    const std::optional<bool> better = isBetter(statistics, comparison);
    return fmt::format("{} is {} {} ({}){}.", nameOf(group),
                       better ? (*better ? "better than" : "worse than") : "within noise of",
                       nameOf(baseline), evidenceText(statistics.metric, *comparison.difference),
                       costText(group, baseline));
}

std::string statisticsConclusion(const RunStatistics& statistics)
{
    std::vector<const GroupComparison*> within, told;
    for (const GroupComparison& comparison : statistics.comparisons) {
        if (!comparison.difference || !statistics.groups[comparison.group].isBestRate)
            continue;
        told.push_back(&comparison);
        if (comparison.difference->isWithinNoise())
            within.push_back(&comparison);
    }
    if (statistics.comparisons.empty())
        return {};
    if (told.empty())
        return comparisonSentence(statistics, statistics.comparisons.front());
    if (!within.empty())
        return comparisonSentence(statistics, **std::ranges::min_element(within, {}, [&](const auto* each) {
                                      return computeOf(statistics, *each);
                                  }));
    return comparisonSentence(statistics, **std::ranges::max_element(told, {}, [&](const auto* each) {
                                  return qualityOf(statistics, *each);
                              }));
}

bool hasStatistics(const RunStatistics& statistics)
{
    return !statistics.comparisons.empty() ||
           std::ranges::any_of(statistics.groups,
                               [](const RunGroup& group) { return group.members.size() > 1; });
}

std::string statisticsTable(const RunStatistics& statistics)
{
    if (!hasStatistics(statistics))
        return {};
    std::vector<Cells> lines = {{"same examples", "seeds", fitted(statistics.metric, 15),
                                 isInPoints(statistics.metric) ? "points" : "change", "95 % interval", ""}};
    for (std::size_t i = 0; i < statistics.groups.size(); ++i) {
        const auto found = std::ranges::find(statistics.comparisons, i, &GroupComparison::group);
        lines.push_back(cellsOf(statistics, statistics.groups[i],
                                found == statistics.comparisons.end() ? nullptr : &*found));
    }
    return tableOf(lines) + footnote(statistics);
}

nlohmann::ordered_json pairedJson(const RunStatistics& statistics, const RunComparison& comparison)
{
    using Json = nlohmann::ordered_json;
    Json document = Json::array();
    const auto ids = [&](const GroupComparison& each, bool isBaseline) {
        Json list = Json::array();
        for (const auto& [a, b] : each.pairs)
            list.push_back(comparison.rows[isBaseline ? b : a].id);
        return list.size() == 1 ? list.front() : list;
    };
    for (const GroupComparison& each : statistics.comparisons) {
        Json entry = {{"a", ids(each, false)},
                      {"b", ids(each, true)},
                      {"a_name", statistics.groups[each.group].name},
                      {"b_name", statistics.baselineGroup().name},
                      {"metric", statistics.metric},
                      {"verdict", verdictText(statistics, each)}};
        if (each.difference) {
            const PairedDifference& paired = *each.difference;
            entry["difference"] = paired.difference;
            entry["low"] = paired.interval.low;
            entry["high"] = paired.interval.high;
            entry["p_mcnemar"] = paired.mcnemar ? Json(*paired.mcnemar) : Json(nullptr);
            entry["examples"] = paired.examples;
            entry["seeds"] = paired.seeds;
            entry["by_seed"] = paired.bySeed;
        } else {
            entry["unknown"] = each.unknown;
        }
        document.push_back(std::move(entry));
    }
    return document;
}

} // namespace lora
