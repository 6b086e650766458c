#include "core/report/svg_chart.h"

#include "core/base/quantity_text.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr double chartWidth = 720, plotHeight = 240;
constexpr double left = 60, top = 34, bottom = 44, legendLine = 18;
constexpr double labelLine = 14, letterWidth = 6.4;
constexpr std::size_t maxDirectLabels = 12, maxLabelLetters = 26;

struct Range
{
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    void add(double value)
    {
        if (!std::isfinite(value))
            return;
        low = std::min(low, value);
        high = std::max(high, value);
    }
    bool isEmpty() const { return low > high; }
    double share(double value) const { return (value - low) / (high - low); }
};

bool isFinite(const std::pair<double, double>& point)
{
    return std::isfinite(point.first) && std::isfinite(point.second);
}

std::size_t letters(const std::string& text)
{
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string shortened(const std::string& text, std::size_t count)
{
    if (letters(text) <= count)
        return text;
    std::size_t end = 0;
    for (std::size_t seen = 0; end < text.size(); ++end)
        if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && ++seen == count)
            break;
    return text.substr(0, end) + "…";
}

/// Where things lie in the picture.
struct Layout
{
    Range x, y;
    double right = 16; ///< margin, for the names of series
    bool isNamedAtEnds = false;

    explicit Layout(const Chart& chart)
    {
        for (const ChartSeries& series : chart.series) {
            for (const auto& point : series.points)
                if (isFinite(point)) {
                    x.add(point.first);
                    y.add(point.second);
                }
            for (const auto& [low, high] : series.intervals) {
                y.add(low);
                y.add(high);
            }
        }
        if (x.isEmpty())
            return;
        for (const ChartLevel& level : chart.levels)
            y.add(level.y);
        if (chart.isXFromZero)
            x.add(0);
        widen(x, chart.isXFromZero);
        widen(y, false);
        chooseNaming(chart);
    }

    double plotRight() const { return chartWidth - right; }
    double pictureX(double value) const { return left + x.share(value) * (plotRight() - left); }
    double pictureY(double value) const { return top + (1 - y.share(value)) * plotHeight; }

private:
    static void widen(Range& range, bool isFromZero)
    {
        // A constant curve runs through the middle of its plot.
        const double margin = range.high > range.low ? 0.05 * (range.high - range.low)
                                                     : std::max(1e-6, 0.1 * std::abs(range.low));
        if (!isFromZero || range.low < 0)
            range.low -= margin;
        range.high += margin;
    }

    void chooseNaming(const Chart& chart)
    {
        std::size_t named = chart.levels.size(), longest = 0;
        for (const ChartSeries& series : chart.series)
            if (!series.isFaint && !series.name.empty()) {
                ++named;
                longest = std::max(longest, letters(series.name));
            }
        for (const ChartLevel& level : chart.levels)
            longest = std::max(longest, letters(level.label));
        isNamedAtEnds = named <= maxDirectLabels;
        if (isNamedAtEnds)
            right = 24 + letterWidth * static_cast<double>(std::min(longest, maxLabelLetters));
    }
};

class ChartWriter
{
public:
    ChartWriter(const Chart& chart, const Layout& layout, const ChartColours& colours)
        : m_chart(chart)
        , m_layout(layout)
        , m_colours(colours)
    {}

    std::string text(double x, double y, const std::string& anchor, const std::string& what,
                     bool isMuted = false) const
    {
        return fmt::format("<text class=\"{}\" fill=\"{}\" x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}"
                           "</text>\n",
                           isMuted ? "muted" : "ink", isMuted ? m_colours.muted : m_colours.ink, x, y, anchor,
                           escapedXml(what));
    }

    std::string grid() const
    {
        std::string out;
        const double base = top + plotHeight;
        for (const double tick : axisTicks(m_layout.y.low, m_layout.y.high, 5)) {
            const double y = m_layout.pictureY(tick);
            out += line(left, y, m_layout.plotRight(), y, "line", m_colours.line, "1");
            out += text(left - 8, y + 4, "end", significantText(tick), true);
        }
        for (const double tick : xTicks()) {
            const double x = m_layout.pictureX(tick);
            out += line(x, base, x, base + 4, "line", m_colours.line, "1");
            out += text(x, base + 18, "middle", xText(tick), true);
        }
        out += text((left + m_layout.plotRight()) / 2, base + 38, "middle", m_chart.xLabel, true);
        return out + text(left - 36, top - 10, "start", m_chart.yLabel, true);
    }

    std::string levels() const
    {
        std::string out;
        for (const ChartLevel& level : m_chart.levels) {
            const double y = m_layout.pictureY(level.y);
            out += line(left, y, m_layout.plotRight(), y, "muted-stroke", m_colours.muted, "1", "1 3");
        }
        return out;
    }

    std::string series(const ChartSeries& series) const
    {
        std::string path, markers, whiskers;
        bool isPenDown = false;
        for (std::size_t i = 0; i < series.points.size(); ++i) {
            if (!isFinite(series.points[i])) {
                isPenDown = false;
                continue;
            }
            const double x = m_layout.pictureX(series.points[i].first);
            const double y = m_layout.pictureY(series.points[i].second);
            path += fmt::format("{}{:.1f} {:.1f}", isPenDown ? "L" : "M", x, y);
            isPenDown = true;
            if (series.hasMarkers)
                markers += fmt::format("<circle {}=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\"/>",
                                       inkClass(series, "ink\" fill"), colour(series), x, y);
            if (i < series.intervals.size() && std::isfinite(series.intervals[i].first))
                whiskers += whisker(series, x, series.intervals[i]);
        }
        const std::string curve =
            series.isLine && !path.empty()
                ? fmt::format("<path {}=\"{}\" fill=\"none\" stroke-width=\"{}\"{}{} d=\"{}\"/>",
                              inkClass(series, "ink-stroke\" stroke"), colour(series),
                              series.isFaint ? "1" : "1.8", series.isFaint ? " opacity=\"0.3\"" : "",
                              dashOf(series), path)
                : "";
        return curve + whiskers + markers + "\n";
    }

    /// Names beside the ends of the lines, pushed apart where they would overlap.
    std::string endLabels() const
    {
        struct Label
        {
            double y, end;
            const ChartSeries* series;
            std::string text;
        };
        std::vector<Label> labels;
        for (const ChartLevel& level : m_chart.levels)
            labels.push_back({m_layout.pictureY(level.y), m_layout.plotRight(), nullptr, level.label});
        for (const ChartSeries& series : m_chart.series) {
            const auto last = std::find_if(series.points.rbegin(), series.points.rend(), isFinite);
            if (!series.isFaint && !series.name.empty() && last != series.points.rend())
                labels.push_back(
                    {m_layout.pictureY(last->second), m_layout.pictureX(last->first), &series, series.name});
        }
        std::ranges::stable_sort(labels, {}, &Label::y);
        std::vector<double> places = placed(labels, &Label::y);
        std::string out;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const double x = m_layout.plotRight() + 6;
            const Label& label = labels[i];
            out += fmt::format("<path class=\"line\" stroke=\"{}\" fill=\"none\" d=\"M{:.1f} {:.1f}L{:.1f} "
                               "{:.1f}\"/>",
                               m_colours.line, label.series ? label.end + 5 : label.end, label.y, x + 4,
                               places[i]);
            if (label.series)
                out += swatch(*label.series, x + 4, places[i], 8);
            out += text(x + (label.series ? 16 : 8), places[i] + 4, "start",
                        shortened(label.text, maxLabelLetters), !label.series);
        }
        return out;
    }

    std::string legend(double y) const
    {
        std::string out;
        for (const ChartSeries& series : m_chart.series) {
            if (series.isFaint || series.name.empty())
                continue;
            out += swatch(series, left, y, 24) + text(left + 32, y + 4, "start", series.name);
            y += legendLine;
        }
        for (const ChartLevel& level : m_chart.levels) {
            out += line(left, y, left + 24, y, "muted-stroke", m_colours.muted, "1", "1 3") +
                   text(left + 32, y + 4, "start", level.label, true);
            y += legendLine;
        }
        return out;
    }

private:
    std::string line(double x1, double y1, double x2, double y2, const char* style, const std::string& stroke,
                     const char* width, const char* dash = nullptr) const
    {
        return fmt::format(
            "<line class=\"{}\" stroke=\"{}\" stroke-width=\"{}\"{} x1=\"{:.1f}\" y1=\"{:.1f}\" "
            "x2=\"{:.1f}\" y2=\"{:.1f}\"/>\n",
            style, stroke, width, dash ? fmt::format(" stroke-dasharray=\"{}\"", dash) : "", x1, y1, x2, y2);
    }

    std::string colour(const ChartSeries& series) const
    {
        if (m_colours.isDark && series.colour == "#0072b2")
            return "#4a7de8";
        if (m_colours.isDark && series.colour == "#b9b033")
            return "#f0e442";
        return series.colour.empty() ? m_colours.ink : escapedXml(series.colour);
    }

    /// `rest` is the class of ink, a quote and the attribute that takes the colour.
    static std::string inkClass(const ChartSeries& series, const std::string& rest)
    {
        return series.colour.empty() ? "class=\"" + rest : rest.substr(rest.find(' ') + 1);
    }

    static std::string dashOf(const ChartSeries& series)
    {
        return series.dash.empty() ? "" : fmt::format(" stroke-dasharray=\"{}\"", escapedXml(series.dash));
    }

    std::string whisker(const ChartSeries& series, double x, const std::pair<double, double>& interval) const
    {
        const double low = m_layout.pictureY(interval.first), high = m_layout.pictureY(interval.second);
        return fmt::format(
            "<path {}=\"{}\" fill=\"none\" stroke-width=\"1.2\" d=\"M{:.1f} {:.1f}V{:.1f}M{:.1f} "
            "{:.1f}h8M{:.1f} {:.1f}h8\"/>",
            inkClass(series, "ink-stroke\" stroke"), colour(series), x, low, high, x - 4, low, x - 4, high);
    }

    std::string swatch(const ChartSeries& series, double x, double y, double width) const
    {
        if (!series.isLine)
            return fmt::format("<circle {}=\"{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\"/>",
                               inkClass(series, "ink\" fill"), colour(series), x + width / 2, y);
        return fmt::format("<line {}=\"{}\" stroke-width=\"2\"{} x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" "
                           "y2=\"{:.1f}\"/>",
                           inkClass(series, "ink-stroke\" stroke"), colour(series),
                           width > 10 ? dashOf(series) : "", x, x + width, y, y);
    }

    std::vector<double> xTicks() const
    {
        if (m_chart.xText != AxisText::PowerOfTwo)
            return axisTicks(m_layout.x.low, m_layout.x.high, 6);
        std::vector<double> ticks;
        for (double tick = std::ceil(m_layout.x.low); tick <= m_layout.x.high && ticks.size() < 20; ++tick)
            ticks.push_back(tick);
        return ticks;
    }

    std::string xText(double tick) const
    {
        switch (m_chart.xText) {
        case AxisText::Percent:
            return fmt::format("{:.0f} %", 100 * tick);
        case AxisText::PowerOfTwo:
            return countText(std::exp2(tick));
        case AxisText::Count:
            break;
        }
        return tick < 0 ? "" : countText(tick);
    }

    template <class Labels, class Place>
    static std::vector<double> placed(const Labels& labels, Place place)
    {
        std::vector<double> places;
        double above = -std::numeric_limits<double>::infinity();
        for (const auto& label : labels)
            places.push_back(above = std::max(label.*place, above + labelLine));
        // What was pushed out below moves up again, and the rest with it.
        double limit = top + plotHeight + 4;
        for (auto each = places.rbegin(); each != places.rend(); ++each) {
            *each = std::min(*each, limit);
            limit = *each - labelLine;
        }
        return places;
    }

    const Chart& m_chart;
    const Layout& m_layout;
    const ChartColours& m_colours;
};

/// Length of the UTF-8 sequence at `at`, 0 where there is none a document may hold.
std::size_t sequenceLength(const std::string& text, std::size_t at)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(at);
    const std::size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first >= 0x80 && (first < 0xC2 || first > 0xF4))
        return 0;
    if (at + length > text.size())
        return 0;
    std::uint32_t code = length == 1 ? first : first & (0x7Fu >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0) != 0x80)
            return 0;
        code = (code << 6) | (byte(at + i) & 0x3Fu);
    }
    constexpr std::uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool isAllowed = code >= lowest[length] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF) &&
                           (code & 0xFFFE) != 0xFFFE && (code >= 0x20 || code == '\n' || code == '\t') &&
                           code != 0x7F;
    // Marks that turn the direction of what follows would let a name rearrange its neighbours.
    const bool isTurning = (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    return isAllowed && !isTurning ? length : 0;
}

} // namespace

std::string escapedXml(const std::string& text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = sequenceLength(text, at);
        switch (text[at]) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += length == 0 ? "\xEF\xBF\xBD" : text.substr(at, length);
        }
        at += std::max<std::size_t>(1, length);
    }
    return out;
}

std::vector<double> axisTicks(double low, double high, int count)
{
    const double rough = (high - low) / std::max(1, count);
    if (!(rough > 0) || !std::isfinite(rough))
        return {};
    const double power = std::pow(10, std::floor(std::log10(rough)));
    const double share = rough / power;
    const double step = power * (share < 1.5 ? 1 : share < 3.5 ? 2 : share < 7.5 ? 5 : 10);
    std::vector<double> ticks;
    const auto last = static_cast<long long>(std::floor(high / step));
    for (auto index = static_cast<long long>(std::ceil(low / step)); index <= last && ticks.size() < 50;
         ++index)
        ticks.push_back(static_cast<double>(index) * step);
    return ticks;
}

std::string svgChart(const Chart& chart, const std::string& id, const ChartColours& colours)
{
    const Layout layout(chart);
    if (layout.x.isEmpty())
        return {};
    const auto named = static_cast<double>(chart.levels.size() + chart.series.size());
    const double legendTop = top + plotHeight + bottom + 12;
    const double height = layout.isNamedAtEnds ? legendTop - 4 : legendTop + legendLine * named;
    const ChartWriter writer(chart, layout, colours);
    std::string out = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" role=\"img\" "
        "aria-labelledby=\"{}-title {}-text\" font-family=\"sans-serif\" font-size=\"12\">\n"
        "<title id=\"{}-title\">{}</title>\n<desc id=\"{}-text\">{}</desc>\n",
        chartWidth, height, id, id, id, escapedXml(chart.title), id, escapedXml(chart.description));
    out += writer.grid() + writer.levels();
    for (const ChartSeries& series : chart.series)
        if (series.isFaint)
            out += writer.series(series);
    for (const ChartSeries& series : chart.series)
        if (!series.isFaint)
            out += writer.series(series);
    return out + (layout.isNamedAtEnds ? writer.endLabels() : writer.legend(legendTop)) + "</svg>\n";
}

} // namespace lora
