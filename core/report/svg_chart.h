#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lora {

/// Text with &, <, >, " and ' escaped: safe inside an element or a quoted attribute. What no document may
/// hold (control characters, bytes that are not UTF-8) becomes U+FFFD.
std::string escapedXml(const std::string& text);

struct ChartSeries
{
    std::string name;
    std::string colour;                            ///< "#rrggbb"; "" for the ink of the text
    std::string dash;                              ///< SVG's stroke-dasharray; empty: solid
    std::vector<std::pair<double, double>> points; ///< x ascending; values that are not finite break the line
    bool hasMarkers = false;
    bool isLine = true;                                    ///< false: markers alone
    bool isFaint = false;                                  ///< behind another one, without a label of its own
    std::vector<std::pair<double, double>> intervals = {}; ///< low and high of each point, or empty
};

/// A thin labelled line across the plot: the untuned model, full fine-tuning.
struct ChartLevel
{
    std::string label;
    double y = 0;
};

enum class AxisText { Count, Percent, PowerOfTwo }; ///< 24.6 k; 41 %; x is log2 of what is shown

struct Chart
{
    std::string title;
    std::string xLabel;
    std::string yLabel;
    std::vector<ChartSeries> series;
    std::string description; ///< what there is to see, for those who cannot
    std::vector<ChartLevel> levels = {};
    AxisText xText = AxisText::Count;
    bool isXFromZero = false;
};

/// Colours of text and grid: a document's styles may override them by the classes ink, muted and line.
struct ChartColours
{
    std::string ink = "#1b1f24";
    std::string muted = "#5a626b";
    std::string line = "#e3e6ea";
    bool isDark = false; ///< blue sinks into a dark ground, and yellow shines there
};

/// A chart as one <svg> element: light grid, labelled axes, series named at their ends where there is room
/// and in a legend below else; <title> and <desc> say it in words. `id` is unique in its document. Without
/// any finite point: an empty string.
std::string svgChart(const Chart& chart, const std::string& id, const ChartColours& colours = {});

/// Round numbers that cover [low, high], about `count` of them, ascending.
std::vector<double> axisTicks(double low, double high, int count);

} // namespace lora
