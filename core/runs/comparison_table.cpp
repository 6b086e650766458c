// The terminal's view of a comparison: right-aligned columns, at most 80 of them, whatever the names hold.
#include "core/base/quantity_text.h"
#include "core/runs/run_comparison.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr std::size_t terminalWidth = 80;
constexpr std::size_t gap = 2;

/// The code point that begins at `at`, which moves behind it; a byte that is not UTF-8 stands for itself.
char32_t takeCodePoint(std::string_view text, std::size_t& at)
{
    const auto lead = static_cast<unsigned char>(text[at++]);
    const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    char32_t point = more == 0 ? lead : lead & (0x3Fu >> more);
    for (std::size_t count = 0; count < more && at < text.size() && (text[at] & 0xC0) == 0x80; ++count)
        point = (point << 6) | (static_cast<unsigned char>(text[at++]) & 0x3Fu);
    return point;
}

/// Columns a terminal gives a character: 2 for East Asian wide ones and emoji (Unicode TR 11, whole blocks).
std::size_t width(char32_t point)
{
    constexpr std::array<std::pair<char32_t, char32_t>, 9> wide = {{{0x1100, 0x115F},
                                                                    {0x2E80, 0xA4CF},
                                                                    {0xAC00, 0xD7A3},
                                                                    {0xF900, 0xFAFF},
                                                                    {0xFE30, 0xFE6F},
                                                                    {0xFF00, 0xFF60},
                                                                    {0xFFE0, 0xFFE6},
                                                                    {0x1F300, 0x1FAFF},
                                                                    {0x20000, 0x3FFFD}}};
    const auto contains = [&](const auto& range) { return point >= range.first && point <= range.second; };
    return std::any_of(wide.begin(), wide.end(), contains) ? 2 : 1;
}

std::size_t width(std::string_view text)
{
    std::size_t columns = 0;
    for (std::size_t at = 0; at < text.size();)
        columns += width(takeCodePoint(text, at));
    return columns;
}

/// Cut to `limit` columns; control characters of a hostile name cannot steer the terminal.
std::string fitted(const std::string& text, std::size_t limit)
{
    const bool isCut = width(text) > limit;
    std::string out;
    std::size_t columns = isCut ? 1 : 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const char32_t point = takeCodePoint(text, at);
        columns += width(point);
        if (columns > limit)
            break;
        const bool isControl = point < 0x20 || (point >= 0x7F && point < 0xA0);
        out += isControl ? "?" : text.substr(begin, at - begin);
    }
    return isCut ? out + "…" : out;
}

std::string padded(const std::string& text, std::size_t columns, bool isRightAligned)
{
    const std::string space(columns - std::min(columns, width(text)), ' ');
    return isRightAligned ? space + text : text + space;
}

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
            widths[column] = std::max(widths[column], width(cells[column]));
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
                    padded(fitted(cells[column], widths[column]), widths[column], isRightAligned);
        }
        table += line + "\n";
    }
    return table + footnote(comparison);
}

} // namespace lora
