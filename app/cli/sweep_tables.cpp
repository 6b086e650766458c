#include "app/cli/sweep_tables.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/runs/run_comparison.h"
#include "core/runs/run_statistics.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

constexpr std::size_t terminalWidth = 80;
constexpr std::size_t columnCount = 6; // number, name, and four quantities
using Cells = std::array<std::string, columnCount>;

std::string estimated(const std::string& text)
{
    return "≈ " + text;
}

Cells cellsOf(std::size_t number, const PlannedLine& line)
{
    const PlannedCost& cost = line.cost;
    return {std::to_string(number),
            line.label,
            countText(static_cast<double>(cost.trainableParameters)),
            changeText(cost.computeRatio),
            line.isDone ? "done" : estimated(durationText(cost.seconds)),
            estimated(bytesText(cost.memoryBytes))};
}

std::string tableOf(const std::vector<Cells>& rows)
{
    constexpr std::size_t name = 1;
    constexpr std::size_t gap = 2;
    std::array<std::size_t, columnCount> widths{};
    for (const Cells& row : rows)
        for (std::size_t column = 0; column < columnCount; ++column)
            widths[column] = std::max(widths[column], displayWidth(printable(row[column])));
    std::size_t others = 0;
    for (std::size_t column = 0; column < columnCount; ++column)
        others += column == name ? 0 : widths[column] + gap;
    widths[name] = std::min(widths[name], terminalWidth - std::min(others, terminalWidth - 10));
    std::string table;
    for (const Cells& row : rows) {
        for (std::size_t column = 0; column < columnCount; ++column)
            table += std::string(column > 0 ? gap : 0, ' ') +
                     padded(fitted(row[column], widths[column]), widths[column],
                            column == name ? Align::Left : Align::Right);
        table += "\n";
    }
    return table;
}

double secondsLeft(const std::vector<PlannedLine>& lines)
{
    double seconds = 0;
    for (const PlannedLine& line : lines)
        seconds += line.isDone ? 0 : line.cost.seconds;
    return seconds;
}

/// Gives each run the compute it would take alone and returns the numbers of those that took less.
std::vector<std::size_t> countAlone(const std::vector<SweptRun>& runs, RunComparison& comparison)
{
    std::vector<std::size_t> sharing;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        std::optional<double>& ratio = comparison.rows[i].computeRatio;
        constexpr double rounding = 1.01; // another seed's rows, or none
        if (!ratio || *ratio * rounding > runs[i].computeRatioAlone)
            continue;
        ratio = runs[i].computeRatioAlone;
        sharing.push_back(runs[i].number);
    }
    return sharing;
}

std::string numberedTable(const std::vector<SweptRun>& runs, RunComparison comparison)
{
    const std::size_t digits = runs.empty() ? 0 : std::to_string(runs.back().number).size();
    for (std::size_t i = 0; i < runs.size(); ++i)
        comparison.rows[i].name =
            padded(std::to_string(runs[i].number), digits, Align::Right) + "  " + comparison.rows[i].name;
    return comparisonTable(comparison);
}

std::string sharingNote(const std::vector<std::size_t>& sharing)
{
    if (sharing.empty())
        return {};
    return wrapped(fmt::format("compute: as if each run were made alone; {} {} took less, since frozen "
                               "layers had run for an earlier one",
                               sharing.size() == 1 ? "run" : "runs", fmt::join(sharing, ", ")),
                   terminalWidth, 2) +
           "\n";
}

} // namespace

std::string planTable(const std::vector<PlannedLine>& lines)
{
    std::vector<Cells> rows{{"", "planned run", "trained", "compute", "time", "memory"}};
    for (std::size_t i = 0; i < lines.size(); ++i)
        rows.push_back(cellsOf(i + 1, lines[i]));
    const auto left = static_cast<std::size_t>(
        std::ranges::count_if(lines, [](const PlannedLine& line) { return !line.isDone; }));
    const auto sharing = static_cast<std::size_t>(std::ranges::count_if(
        lines, [](const PlannedLine& line) { return line.cost.sharesPrefix && !line.isDone; }));
    std::string text = fmt::format("{} of {} {} to do, ≈ {} of training in all.", left, lines.size(),
                                   lines.size() == 1 ? "run" : "runs", durationText(secondsLeft(lines)));
    if (sharing > 0)
        text += fmt::format(" {} of them {} what the frozen layers computed for an earlier one.", sharing,
                            sharing == 1 ? "uses" : "use");
    text += " Parameters and compute (against full fine-tuning of the same steps) are counted; time, without "
            "evaluations, and memory are estimates (≈) for this machine.";
    return tableOf(rows) + wrapped(text, terminalWidth) + "\n";
}

nlohmann::ordered_json planJson(const std::vector<PlannedLine>& lines)
{
    nlohmann::ordered_json document = {{"planned", nlohmann::ordered_json::array()}};
    for (const PlannedLine& line : lines)
        document["planned"].push_back(
            {{"name", line.label},
             {"is_done", line.isDone},
             {"trainable_parameters", line.cost.trainableParameters},
             {"compute_ratio_to_full", line.cost.computeRatio},
             {"shares_prefix", line.cost.sharesPrefix},
             {"estimate", {{"seconds", line.cost.seconds}, {"memory_bytes", line.cost.memoryBytes}}}});
    document["estimated_seconds"] = secondsLeft(lines);
    return document;
}

SweepResults sweepResults(const std::vector<SweptRun>& runs)
{
    std::vector<std::shared_ptr<const RunRecord>> records;
    for (const SweptRun& run : runs)
        records.push_back(run.record);
    RunComparison comparison = compareRuns(records);
    const std::vector<std::size_t> sharing = countAlone(runs, comparison);
    const RunStatistics statistics = runStatistics(records, comparison);
    SweepResults results;
    results.table = numberedTable(runs, comparison) + sharingNote(sharing);
    results.statistics = statisticsTable(statistics);
    results.conclusion = statisticsConclusion(statistics);
    results.document = comparisonJson(records);
    results.document["paired"] = pairedJson(statistics, comparison);
    results.document["conclusion"] = results.conclusion;
    return results;
}

} // namespace lora::app
