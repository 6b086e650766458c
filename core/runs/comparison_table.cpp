// The terminal's view of a comparison: right-aligned columns, at most 80 of them, whatever the names hold.
#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/runs/run_comparison.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr std::size_t terminalWidth = 80;
constexpr std::size_t gap = 2;

std::string ratioText(const std::optional<double>& ratio)
{
    return ratio ? changeText(*ratio) : "–";
}

std::string metricText(const std::optional<double>& value)
{
    return value ? significantText(*value) : "–";
}

constexpr std::size_t columnCount = 8;
using Cells = std::array<std::string, columnCount>;

Cells cellsOf(const ComparisonRow& row)
{
    return {row.name,
            row.method,
            row.rank ? std::to_string(*row.rank) : "–",
            row.trainableParameters > 0 ? countText(static_cast<double>(row.trainableParameters)) : "–",
            ratioText(row.computeRatio),
            row.peakMemoryBytes > 0 ? bytesText(row.peakMemoryBytes) : "–",
            row.trainSeconds > 0 ? durationText(row.trainSeconds) : "–",
            metricText(row.metric)};
}

std::string footnote(const RunComparison& comparison)
{
    const auto uses = [&](RatioSource source) {
        return std::any_of(comparison.rows.begin(), comparison.rows.end(),
                           [&](const ComparisonRow& row) { return row.computeRatioSource == source; });
    };
    std::string text;
    if (uses(RatioSource::Measured))
        text += "compute: against the full fine-tuning run above, per token trained\n";
    if (uses(RatioSource::Ledger))
        text += "compute: against the computed cost of full fine-tuning (not run here)\n";
    const auto& rows = comparison.rows;
    const auto untuned =
        std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row.untunedMetric; });
    if (untuned != rows.end())
        text += fmt::format("untuned {}: {}\n", comparison.metric, significantText(*untuned->untunedMetric));
    return text;
}

} // namespace

std::string comparisonTable(const RunComparison& comparison)
{
    std::vector<Cells> lines = {
        {"run", "method", "r", "trained", "compute", "memory", "time", fitted(comparison.metric, 10)}};
    for (const ComparisonRow& row : comparison.rows)
        lines.push_back(cellsOf(row));

    std::array<std::size_t, columnCount> widths = {};
    for (const Cells& cells : lines) {
        for (std::size_t column = 0; column < columnCount; ++column)
            widths[column] = std::max(widths[column], displayWidth(cells[column]));
    }
    std::size_t others = 0;
    for (std::size_t column = 1; column < columnCount; ++column)
        others += widths[column] + gap;
    constexpr std::size_t shortestName = 6;
    widths[0] = std::min(widths[0], std::max(shortestName, terminalWidth - std::min(terminalWidth, others)));

    std::string table;
    for (const Cells& cells : lines) {
        std::string line;
        for (std::size_t column = 0; column < columnCount; ++column) {
            const bool isRightAligned = column >= 2;
            line += (column > 0 ? std::string(gap, ' ') : "") +
                    padded(fitted(cells[column], widths[column]), widths[column],
                           isRightAligned ? Align::Right : Align::Left);
        }
        table += line + "\n";
    }
    return table + footnote(comparison);
}

} // namespace lora
