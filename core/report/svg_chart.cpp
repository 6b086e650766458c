#include "core/report/svg_chart.h"

#include "core/base/quantity_text.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr double chartWidth = 720, plotHeight = 240;
constexpr double left = 64, right = 16, top = 32, bottom = 44, legendLine = 18;

struct Range
{
    double low = std::numeric_limits<double>::infinity();
    double high = -std::numeric_limits<double>::infinity();

    void add(double value)
    {
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

/// Data coordinates to the picture's.
struct Axes
{
    Range x, y;

    explicit Axes(const Chart& chart)
    {
        for (const ChartSeries& series : chart.series) {
            for (const auto& point : series.points) {
                if (isFinite(point)) {
                    x.add(point.first);
                    y.add(point.second);
                }
            }
        }
        widen(x);
        widen(y);
    }

    double pictureX(double value) const { return left + x.share(value) * (chartWidth - left - right); }
    double pictureY(double value) const { return top + (1 - y.share(value)) * plotHeight; }

private:
    static void widen(Range& range)
    {
        if (range.isEmpty())
            return;
        // A constant curve runs through the middle of its plot.
        const double margin = range.high > range.low ? 0.04 * (range.high - range.low)
                                                     : std::max(1e-6, 0.1 * std::abs(range.low));
        range.low -= margin;
        range.high += margin;
    }
};

std::string grid(const Chart& chart, const Axes& axes)
{
    std::string out;
    for (const double tick : axisTicks(axes.y.low, axes.y.high, 5)) {
        const double y = axes.pictureY(tick);
        out += fmt::format("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>"
                           "<text class=\"tick\" text-anchor=\"end\" x=\"{}\" y=\"{:.1f}\">{}</text>\n",
                           left, chartWidth - right, y, y, left - 8, y + 4, significantText(tick));
    }
    for (const double tick : axisTicks(axes.x.low, axes.x.high, 6)) {
        if (tick < 0)
            continue;
        out += fmt::format("<text class=\"tick\" text-anchor=\"middle\" x=\"{:.1f}\" y=\"{}\">{}</text>\n",
                           axes.pictureX(tick), top + plotHeight + 16, countText(tick));
    }
    out += fmt::format("<text class=\"label\" text-anchor=\"middle\" x=\"{}\" y=\"{}\">{}</text>\n",
                       (left + chartWidth - right) / 2, top + plotHeight + 36, escapedXml(chart.xLabel));
    out += fmt::format(
        "<text class=\"label\" text-anchor=\"middle\" transform=\"translate(14 {}) rotate(-90)\">{}</text>\n",
        top + plotHeight / 2, escapedXml(chart.yLabel));
    return out;
}

std::string curve(const ChartSeries& series, const Axes& axes)
{
    std::string path, markers;
    bool isPenDown = false;
    for (const auto& point : series.points) {
        if (!isFinite(point)) {
            isPenDown = false;
            continue;
        }
        const double x = axes.pictureX(point.first), y = axes.pictureY(point.second);
        path += fmt::format("{}{:.1f} {:.1f}", isPenDown ? "L" : "M", x, y);
        isPenDown = true;
        if (series.hasMarkers)
            markers += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\"/>", x, y,
                                   escapedXml(series.colour));
    }
    return fmt::format(
        "<path fill=\"none\" stroke=\"{}\" stroke-width=\"1.6\" stroke-dasharray=\"{}\" d=\"{}\"/>{}\n",
        escapedXml(series.colour), escapedXml(series.dash), path, markers);
}

std::string legend(const Chart& chart, double y)
{
    std::string out;
    for (const ChartSeries& series : chart.series) {
        out += fmt::format("<line x1=\"{}\" x2=\"{}\" y1=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"2\" "
                           "stroke-dasharray=\"{}\"/><text class=\"tick\" x=\"{}\" y=\"{}\">{}</text>\n",
                           left, left + 28, y, y, escapedXml(series.colour), escapedXml(series.dash),
                           left + 36, y + 4, escapedXml(series.name));
        y += legendLine;
    }
    return out;
}

} // namespace

std::string escapedXml(const std::string& text)
{
    std::string out;
    out.reserve(text.size());
    for (const char character : text) {
        switch (character) {
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
            // Other control characters are not allowed in a document at all.
            out += static_cast<unsigned char>(character) < 0x20 && character != '\n' && character != '\t'
                       ? ' '
                       : character;
        }
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

std::string svgChart(const Chart& chart)
{
    const Axes axes(chart);
    if (axes.x.isEmpty())
        return {};
    const double legendTop = top + plotHeight + bottom + 12;
    const double height = legendTop + legendLine * static_cast<double>(chart.series.size());
    std::string out = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n"
                                  "<text class=\"title\" x=\"{}\" y=\"18\">{}</text>\n",
                                  chartWidth, height, escapedXml(chart.title), left, escapedXml(chart.title));
    out += grid(chart, axes);
    for (const ChartSeries& series : chart.series)
        out += curve(series, axes);
    return out + legend(chart, legendTop) + "</svg>\n";
}

} // namespace lora
