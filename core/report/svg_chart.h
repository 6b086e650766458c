#pragma once

#include <string>
#include <utility>
#include <vector>

namespace lora {

/// Text with &, <, >, " and ' escaped: safe inside an element or a quoted attribute.
std::string escapedXml(const std::string& text);

struct ChartSeries
{
    std::string name;
    std::string colour;                            ///< "#rrggbb"
    std::string dash;                              ///< SVG's stroke-dasharray; empty: solid
    std::vector<std::pair<double, double>> points; ///< x ascending; values that are not finite break the line
    bool hasMarkers = false;
};

struct Chart
{
    std::string title;
    std::string xLabel;
    std::string yLabel;
    std::vector<ChartSeries> series;
};

/// A line chart as one <svg> element: light grid, labelled axes, a legend line per series. Without any finite
/// point: an empty string.
std::string svgChart(const Chart& chart);

/// Round numbers that cover [low, high], about `count` of them, ascending.
std::vector<double> axisTicks(double low, double high, int count);

} // namespace lora
