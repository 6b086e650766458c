#pragma once

#include "ui/plots/plot_theme.h"
#include "ui/plots/time_series_plot.h"

#include <qcustomplot.h>

#include <QTimer>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace lora::ui {

/// A quantity at an axis or in a read-out.
QString axisText(double value, AxisFormat format);
/// Evenly spaced ticks, or powers of ten where a logarithmic axis spans at least one.
QSharedPointer<QCPAxisTicker> tickerFor(AxisFormat format, bool isLogarithmic, const QCPRange& range);

/// The QCustomPlot side: graphs, labels and layout of one TimeSeriesPlot.
class TimeSeriesPlot::Canvas
{
public:
    struct Interval
    {
        double x = 0;
        double low = 0;
        double high = 0;
    };
    struct Series
    {
        SeriesStyle style;
        SeriesBuffer buffer;
        QCPGraph* faint = nullptr; ///< raw points behind the smoothed line
        QCPGraph* graph = nullptr;
        QCPItemText* label = nullptr;
        std::vector<Interval> intervals;
        QCPGraph* low = nullptr; ///< edges of the band; only with intervals, as the whiskers
        QCPGraph* high = nullptr;
        QCPErrorBars* whiskers = nullptr;
    };
    struct Level
    {
        QString name;
        double y = 0;
        QCPItemStraightLine* line = nullptr;
        QCPItemText* label = nullptr;
    };

    explicit Canvas(QWidget* parent);

    void createItems();
    void applyTheme(const QPalette& palette, const QFont& base);
    void applyStyle(Series& entry, const QPalette& palette) const;
    void applyStyle(Level& level) const;
    QCPItemText* newLabel() const;
    /// Lower above upper until something is included; QCPRange's constructor would put that in order.
    static QCPRange nothing();
    QCPRange dataRange() const;
    bool isEmpty() const;
    /// Fills the graphs with the thinned points of [from, to]; returns their extent in y.
    QCPRange fillGraphs(const QCPRange& xRange);
    void createIntervals(Series& entry) const;
    void fillIntervals(Series& entry, QCPRange& yExtent) const;
    void removeIntervals(Series& entry) const;
    void include(QCPRange& yExtent, double y) const;
    void fill(QCPGraph& graph, const std::vector<PlotPoint>& points, QCPRange& yExtent) const;
    void fitY(QCPRange yExtent);
    int labelRoom() const;
    void replot(QCustomPlot::RefreshPriority priority);
    QString wrapped(const QString& text) const;
    /// Direct labels at the right edge, pushed apart where lines end close to each other.
    void placeLabels();
    QString readOutText() const;

    QCustomPlot* plot;
    QCPTextElement* title;
    QCPTextElement* readOut;
    QCPItemStraightLine* cursorLine = nullptr;
    QCPItemText* empty = nullptr;
    PlotTheme theme;
    std::vector<std::unique_ptr<Series>> series;
    std::vector<Level> levels;
    std::optional<std::pair<double, double>> visible;
    std::optional<std::pair<double, double>> extent;
    std::optional<double> cursor;
    QString emptyText;
    QString xName;
    AxisFormat xFormat = AxisFormat::Plain;
    AxisFormat yFormat = AxisFormat::Plain;
    bool isLogarithmic = false;
    bool isXLogarithmic = false;
    bool keepsZero = false;
    double smoothing = 0;
    QTimer* timer = nullptr;
};

} // namespace lora::ui
