// What a plot draws: graphs, ranges, colours; its labels are in plot_labels.cpp.
#include "ui/plots/plot_canvas.h"

#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lora::ui {

namespace {

QCPScatterStyle markerStyle(int marker, double size)
{
    static constexpr QCPScatterStyle::ScatterShape kShapes[] = {
        QCPScatterStyle::ssDisc, QCPScatterStyle::ssSquare, QCPScatterStyle::ssDiamond,
        QCPScatterStyle::ssTriangle, QCPScatterStyle::ssTriangleInverted};
    return QCPScatterStyle(kShapes[static_cast<std::size_t>(marker) % std::size(kShapes)], size);
}

} // namespace

TimeSeriesPlot::Canvas::Canvas(QWidget* parent)
    : plot(new QCustomPlot(parent))
{
    plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    plot->axisRect()->setRangeDrag(Qt::Horizontal);
    plot->axisRect()->setRangeZoom(Qt::Horizontal);
    plot->setFocusPolicy(Qt::NoFocus);
    // Joined wide lines over thousands of zigzags take seconds to stroke; separate segments look the same
    // here.
    plot->setPlottingHint(QCP::phFastPolylines, true);
    plot->setContextMenuPolicy(Qt::NoContextMenu);
    auto* header = new QCPLayoutGrid;
    title = new QCPTextElement(plot);
    title->setTextFlags(Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip);
    readOut = new QCPTextElement(plot);
    readOut->setTextFlags(Qt::AlignRight | Qt::AlignVCenter);
    header->addElement(0, 0, title);
    header->addElement(0, 1, readOut);
    header->setColumnStretchFactor(0, 0.001);
    plot->plotLayout()->insertRow(0);
    plot->plotLayout()->addElement(0, 0, header);
    plot->plotLayout()->setRowSpacing(kGrid / 2);
    header->setMargins(QMargins(kGrid / 2, 2, kGrid / 2, 0));
    createItems();
    QObject::connect(plot, &QCustomPlot::afterLayout, plot, [this] { placeLabels(); });
}

void TimeSeriesPlot::Canvas::createItems()
{
    cursorLine = new QCPItemStraightLine(plot);
    cursorLine->setVisible(false);
    empty = new QCPItemText(plot);
    empty->position->setType(QCPItemPosition::ptAxisRectRatio);
    empty->position->setCoords(0.5, 0.45);
    empty->setClipToAxisRect(false);
}

void TimeSeriesPlot::Canvas::applyTheme(const QPalette& palette, const QFont& base)
{
    theme = PlotTheme::from(palette, base);
    plot->setBackground(theme.background);
    for (QCPAxis* axis : {plot->xAxis, plot->yAxis}) {
        axis->setBasePen(axis == plot->xAxis ? QPen(theme.axis) : QPen(Qt::NoPen));
        axis->setTickPen(axis == plot->xAxis ? QPen(theme.axis) : QPen(Qt::NoPen));
        axis->setSubTickPen(Qt::NoPen);
        axis->setTickLabelColor(theme.muted);
        axis->setLabelColor(theme.muted);
        axis->setTickLabelFont(theme.font);
        axis->setLabelFont(theme.font);
        axis->grid()->setPen(QPen(theme.grid));
        axis->grid()->setZeroLinePen(QPen(theme.grid));
        axis->setTickLabelPadding(4);
        axis->setLabelPadding(2);
    }
    plot->xAxis->grid()->setVisible(false);
    title->setFont(theme.titleFont);
    title->setTextColor(theme.text);
    readOut->setFont(theme.font);
    readOut->setTextColor(theme.muted);
    cursorLine->setPen(QPen(theme.axis, 1));
    empty->setColor(theme.muted);
    empty->setFont(theme.font);
    for (auto& entry : series)
        applyStyle(*entry, palette);
    for (auto& level : levels)
        applyStyle(level);
}

void TimeSeriesPlot::Canvas::applyStyle(Series& entry, const QPalette& palette) const
{
    const QColor color = entry.style.color ? entry.style.color(palette) : theme.text;
    QColor pale = mixed(theme.background, color, 0.32);
    entry.faint->setPen(QPen(pale, 1));
    const bool isRing = entry.style.shape == SeriesShape::Ring;
    const bool hasLine = entry.style.shape != SeriesShape::Markers && !isRing;
    entry.graph->setPen(QPen(color, entry.style.width, entry.style.dash));
    entry.graph->setLineStyle(hasLine ? QCPGraph::lsLine : QCPGraph::lsNone);
    if (entry.style.shape == SeriesShape::Line) {
        entry.graph->setScatterStyle(QCPScatterStyle::ssNone);
    } else {
        auto scatter = markerStyle(entry.style.marker, isRing ? 17 : hasLine ? 5 : 9);
        if (isRing)
            scatter.setShape(QCPScatterStyle::ssCircle); // a disc is filled whatever its brush
        scatter.setPen(QPen(color, isRing ? 1.5 : 1));
        scatter.setBrush(isRing ? QBrush(Qt::NoBrush) : QBrush(color));
        entry.graph->setScatterStyle(scatter);
    }
    entry.label->setColor(theme.text);
    entry.label->setFont(theme.font);
    if (!entry.low)
        return;
    for (QCPGraph* edge : {entry.low, entry.high})
        edge->setPen(Qt::NoPen);
    QColor band = color;
    band.setAlpha(45);
    entry.high->setBrush(hasLine ? QBrush(band) : QBrush(Qt::NoBrush));
    entry.whiskers->setPen(QPen(color, 1));
    entry.whiskers->setVisible(!hasLine);
}

void TimeSeriesPlot::Canvas::createIntervals(Series& entry) const
{
    entry.low = plot->addGraph();
    entry.high = plot->addGraph();
    entry.high->setChannelFillGraph(entry.low);
    entry.whiskers = new QCPErrorBars(plot->xAxis, plot->yAxis);
    entry.whiskers->setDataPlottable(entry.graph);
    entry.whiskers->setWhiskerWidth(kGrid / 2);
}

void TimeSeriesPlot::Canvas::removeIntervals(Series& entry) const
{
    entry.intervals.clear();
    if (!entry.low)
        return;
    plot->removePlottable(entry.whiskers);
    entry.high->setChannelFillGraph(nullptr);
    plot->removeGraph(entry.high);
    plot->removeGraph(entry.low);
    entry.low = entry.high = nullptr;
    entry.whiskers = nullptr;
}

void TimeSeriesPlot::Canvas::fillIntervals(Series& entry, QCPRange& yExtent) const
{
    if (entry.intervals.empty())
        return;
    QVector<double> keys;
    QVector<double> lows;
    QVector<double> highs;
    for (const Interval& interval : entry.intervals) {
        keys += interval.x;
        lows += interval.low;
        highs += interval.high;
        include(yExtent, interval.low);
        include(yExtent, interval.high);
    }
    entry.low->setData(keys, lows, true);
    entry.high->setData(keys, highs, true);
    // Whiskers count from the points of the graph, one for each.
    QVector<double> minus;
    QVector<double> plus;
    for (const QCPGraphData& point : *entry.graph->data()) {
        const auto found = std::find_if(entry.intervals.begin(), entry.intervals.end(),
                                        [&](const Interval& i) { return i.x == point.key; });
        const bool isKnown = found != entry.intervals.end();
        minus += isKnown ? point.value - found->low : 0;
        plus += isKnown ? found->high - point.value : 0;
    }
    entry.whiskers->setData(minus, plus);
}

void TimeSeriesPlot::Canvas::applyStyle(Level& level) const
{
    level.line->setPen(QPen(theme.muted, 1, Qt::DotLine));
    level.label->setColor(theme.muted);
    level.label->setFont(theme.font);
}

QCPItemText* TimeSeriesPlot::Canvas::newLabel() const
{
    auto* label = new QCPItemText(plot);
    label->setClipToAxisRect(false);
    label->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    label->position->setType(QCPItemPosition::ptAbsolute);
    label->setPadding(QMargins(4, 0, 0, 0));
    return label;
}

QCPRange TimeSeriesPlot::Canvas::nothing()
{
    QCPRange range;
    range.lower = std::numeric_limits<double>::max();
    range.upper = std::numeric_limits<double>::lowest();
    return range;
}

QCPRange TimeSeriesPlot::Canvas::dataRange() const
{
    if (extent && extent->first < extent->second)
        return {extent->first, extent->second};
    QCPRange range = nothing();
    for (const auto& entry : series) {
        if (entry->buffer.empty())
            continue;
        range.lower = std::min(range.lower, entry->buffer.raw().front().x);
        range.upper = std::max(range.upper, entry->buffer.raw().back().x);
    }
    if (range.lower > range.upper)
        return {0, 1};
    if (xFormat == AxisFormat::Rank || xFormat == AxisFormat::Index)
        return {range.lower - 0.25, range.upper + 0.25};
    // Points that stand alone are not to be cut at the edges.
    const bool hasPoints = std::ranges::any_of(
        series, [](const auto& entry) { return entry->style.shape == SeriesShape::Markers; });
    if (hasPoints && !isXLogarithmic && range.lower < range.upper)
        return {range.lower - 0.05 * range.size(), range.upper + 0.05 * range.size()};
    if (range.lower == range.upper) {
        // Wide enough that the ticks beside a lone point read differently from its own.
        const double margin = range.lower == 0 ? 0.5 : std::abs(range.lower) / 2;
        return {range.lower - margin, range.upper + margin};
    }
    return isXLogarithmic ? QCPRange(range.lower / 1.5, range.upper * 1.5) : range;
}

bool TimeSeriesPlot::Canvas::isEmpty() const
{
    return std::all_of(series.begin(), series.end(), [](const auto& entry) { return entry->buffer.empty(); });
}

QCPRange TimeSeriesPlot::Canvas::fillGraphs(const QCPRange& xRange)
{
    QCPRange yExtent = nothing();
    const auto buckets = static_cast<std::size_t>(std::max(60, plot->axisRect()->width()));
    for (auto& entry : series) {
        const bool isSmoothed = entry->style.isSmoothable && entry->buffer.smoothing() > 0;
        const auto& main = isSmoothed ? entry->buffer.smoothed() : entry->buffer.raw();
        fill(*entry->graph, SeriesBuffer::thinned(main, xRange.lower, xRange.upper, buckets), yExtent);
        entry->faint->setVisible(isSmoothed);
        if (isSmoothed)
            fill(*entry->faint,
                 SeriesBuffer::thinned(entry->buffer.raw(), xRange.lower, xRange.upper, buckets), yExtent);
    }
    for (auto& entry : series)
        fillIntervals(*entry, yExtent);
    for (const Level& level : levels)
        include(yExtent, level.y);
    return yExtent;
}

void TimeSeriesPlot::Canvas::include(QCPRange& yExtent, double y) const
{
    if (isLogarithmic && y <= 0)
        return;
    yExtent.lower = std::min(yExtent.lower, y);
    yExtent.upper = std::max(yExtent.upper, y);
}

void TimeSeriesPlot::Canvas::fill(QCPGraph& graph, const std::vector<PlotPoint>& points,
                                  QCPRange& yExtent) const
{
    QVector<QCPGraphData> data;
    data.reserve(static_cast<int>(points.size()));
    for (const PlotPoint& point : points) {
        if (isLogarithmic && point.y <= 0)
            continue;
        data.append(QCPGraphData(point.x, point.y));
        include(yExtent, point.y);
    }
    graph.data()->set(data, true);
    // More points than pixels: smoothing each edge would cost much and show nothing.
    graph.setAntialiased(data.size() < 2 * plot->width());
}

void TimeSeriesPlot::Canvas::fitY(QCPRange yExtent)
{
    if (yExtent.lower > yExtent.upper)
        yExtent = isLogarithmic ? QCPRange(0.1, 1) : QCPRange(0, 1);
    if (isLogarithmic) {
        const double factor = std::max(1.1, std::pow(yExtent.upper / yExtent.lower, 0.06));
        yExtent = {yExtent.lower / factor, yExtent.upper * factor};
    } else {
        if (keepsZero)
            yExtent.lower = std::min(0.0, yExtent.lower);
        const double size =
            yExtent.upper > yExtent.lower ? yExtent.size() : std::max(1e-9, std::abs(yExtent.upper));
        const double room = size * 0.06;
        yExtent = {keepsZero && yExtent.lower == 0 ? 0 : yExtent.lower - room, yExtent.upper + room};
    }
    plot->yAxis->setRange(yExtent);
    plot->yAxis->setTicker(tickerFor(yFormat, isLogarithmic, yExtent));
}

void TimeSeriesPlot::Canvas::replot(QCustomPlot::RefreshPriority priority)
{
    const QCPRange xRange = visible ? QCPRange(visible->first, visible->second) : dataRange();
    plot->xAxis->setRange(xRange);
    plot->xAxis->setTicker(tickerFor(xFormat, isXLogarithmic, xRange));
    fitY(fillGraphs(xRange));
    const bool isShown = !isEmpty();
    for (QCPAxis* axis : {plot->xAxis, plot->yAxis}) {
        axis->setTickLabels(isShown);
        axis->setTicks(isShown);
    }
    plot->yAxis->grid()->setVisible(isShown);
    empty->setVisible(!isShown);
    empty->setText(wrapped(emptyText));
    const int room = labelRoom();
    plot->axisRect()->setMinimumMargins(QMargins(kGrid, kGrid, room > 0 ? room + 12 : 2 * kGrid, 0));
    readOut->setText(readOutText());
    plot->replot(priority);
}

} // namespace lora::ui
