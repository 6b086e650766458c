#include "ui/plots/series_csv.h"

#include <algorithm>
#include <cmath>

namespace lora::ui {

namespace {

QString quoted(QString text)
{
    const bool needsQuotes = text.contains(u',') || text.contains(u'"') || text.contains(u'\n');
    return needsQuotes ? u'"' + text.replace(u'"', QStringLiteral("\"\"")) + u'"' : text;
}

QString exact(double value)
{
    return std::isnan(value) ? QStringLiteral("nan")
                             : QString::number(value, 'g', QLocale::FloatingPointShortest);
}

} // namespace

QString seriesCsv(const QString& xName, const std::vector<CsvSeries>& series)
{
    std::vector<double> xs;
    QString out = quoted(xName);
    for (const CsvSeries& column : series) {
        out += u',' + quoted(column.name);
        for (const PlotPoint& point : *column.points)
            xs.push_back(point.x);
    }
    out += u'\n';
    std::sort(xs.begin(), xs.end());
    xs.erase(std::unique(xs.begin(), xs.end()), xs.end());
    std::vector<std::size_t> next(series.size(), 0);
    for (const double x : xs) {
        out += exact(x);
        for (std::size_t i = 0; i < series.size(); ++i) {
            out += u',';
            const auto& points = *series[i].points;
            // Of several points at one x the last counts, as on the plot.
            for (; next[i] < points.size() && points[next[i]].x == x; ++next[i]) {
                if (next[i] + 1 == points.size() || points[next[i] + 1].x != x)
                    out += exact(points[next[i]].y);
            }
        }
        out += u'\n';
    }
    return out;
}

} // namespace lora::ui
