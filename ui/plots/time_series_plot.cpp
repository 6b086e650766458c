#include "ui/plots/time_series_plot.h"

#include "ui/plots/plot_canvas.h"
#include "ui/plots/series_csv.h"

#include <QVBoxLayout>

#include <algorithm>
#include <deque>

namespace lora::ui {

namespace {

constexpr int kReplotIntervalMs = 50; // 20 Hz

} // namespace

TimeSeriesPlot::TimeSeriesPlot(const QString& title, QWidget* parent)
    : QWidget(parent)
    , m_canvas(std::make_unique<Canvas>(this))
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_canvas->plot);
    m_canvas->timer = new QTimer(this);
    m_canvas->timer->setSingleShot(true);
    m_canvas->timer->setInterval(kReplotIntervalMs);
    setFocusPolicy(Qt::StrongFocus);
    setTitle(title);
    m_canvas->applyTheme(palette(), font());
    m_canvas->plot->installEventFilter(this);
    connect(m_canvas->timer, &QTimer::timeout, this,
            [this] { m_canvas->replot(QCustomPlot::rpQueuedRefresh); });
    connect(m_canvas->plot->xAxis, qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
            [this](const QCPRange& range) {
                if (m_canvas->isXLogarithmic)
                    return; // a handful of points: nothing to zoom into
                // Only the user's drag and wheel come with a range this plot did not set itself.
                const auto own = m_canvas->visible
                                     ? QCPRange(m_canvas->visible->first, m_canvas->visible->second)
                                     : m_canvas->dataRange();
                if (range == own)
                    return;
                setVisibleRange(std::pair(range.lower, range.upper));
                emit visibleRangeChanged(m_canvas->visible);
            });
    connect(m_canvas->plot, &QCustomPlot::mouseMove, this, [this](QMouseEvent* event) {
        if (!isEmpty())
            emit cursorMoved(m_canvas->plot->xAxis->pixelToCoord(event->position().x()));
    });
    connect(m_canvas->plot, &QCustomPlot::mouseDoubleClick, this, [this] {
        setVisibleRange(std::nullopt);
        emit visibleRangeChanged(std::nullopt);
    });
    scheduleReplot();
}

TimeSeriesPlot::~TimeSeriesPlot() = default;

void TimeSeriesPlot::setTitle(const QString& title)
{
    m_canvas->title->setText(title);
    setAccessibleName(title);
    scheduleReplot();
}

void TimeSeriesPlot::setXAxis(const QString& name, AxisFormat format)
{
    m_canvas->xName = name;
    m_canvas->xFormat = format;
    m_canvas->plot->xAxis->setLabel(name);
    scheduleReplot();
}

void TimeSeriesPlot::setYAxis(const QString& unit, AxisFormat format)
{
    m_canvas->yFormat = format;
    m_canvas->plot->yAxis->setLabel(unit);
    scheduleReplot();
}

void TimeSeriesPlot::setEmptyText(const QString& text)
{
    m_canvas->emptyText = text;
    scheduleReplot();
}

void TimeSeriesPlot::setKeepsZero(bool keepsZero)
{
    m_canvas->keepsZero = keepsZero;
    scheduleReplot();
}

void TimeSeriesPlot::setXLogarithmic(bool isLogarithmic)
{
    m_canvas->isXLogarithmic = isLogarithmic;
    m_canvas->plot->xAxis->setScaleType(isLogarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    scheduleReplot();
}

int TimeSeriesPlot::addSeries(SeriesStyle style)
{
    auto entry = std::make_unique<Canvas::Series>();
    entry->faint = m_canvas->plot->addGraph();
    entry->graph = m_canvas->plot->addGraph();
    entry->label = m_canvas->newLabel();
    entry->label->setText(style.name);
    entry->buffer.setSmoothing(style.isSmoothable ? m_canvas->smoothing : 0);
    entry->style = std::move(style);
    m_canvas->applyStyle(*entry, palette());
    m_canvas->series.push_back(std::move(entry));
    scheduleReplot();
    return static_cast<int>(m_canvas->series.size()) - 1;
}

void TimeSeriesPlot::setSeriesName(int series, const QString& name)
{
    m_canvas->series.at(series)->style.name = name;
    m_canvas->series.at(series)->label->setText(name);
    scheduleReplot();
}

void TimeSeriesPlot::append(int series, double x, double y)
{
    m_canvas->series.at(series)->buffer.append(x, y);
    scheduleReplot();
}

void TimeSeriesPlot::appendInterval(int series, double x, double low, double high)
{
    Canvas::Series& entry = *m_canvas->series.at(series);
    if (!entry.low) {
        m_canvas->createIntervals(entry);
        m_canvas->applyStyle(entry, palette());
    }
    entry.intervals.push_back({x, low, high});
    scheduleReplot();
}

void TimeSeriesPlot::setLevel(const QString& name, double y)
{
    scheduleReplot();
    for (auto& level : m_canvas->levels) {
        if (level.name == name) {
            level.y = y;
            level.line->point1->setCoords(0, y);
            level.line->point2->setCoords(1, y);
            return;
        }
    }
    Canvas::Level level{name, y, new QCPItemStraightLine(m_canvas->plot), m_canvas->newLabel()};
    level.line->point1->setCoords(0, y);
    level.line->point2->setCoords(1, y);
    level.label->setText(name);
    m_canvas->applyStyle(level);
    m_canvas->levels.push_back(level);
}

void TimeSeriesPlot::clearData()
{
    for (auto& entry : m_canvas->series) {
        entry->buffer.clear();
        m_canvas->removeIntervals(*entry);
    }
    for (auto& level : m_canvas->levels) {
        m_canvas->plot->removeItem(level.line);
        m_canvas->plot->removeItem(level.label);
    }
    m_canvas->levels.clear();
    m_canvas->visible.reset();
    setCursor(std::nullopt);
    scheduleReplot();
}

void TimeSeriesPlot::clearSeries()
{
    clearData();
    for (auto& entry : m_canvas->series) {
        m_canvas->plot->removeGraph(entry->faint);
        m_canvas->plot->removeGraph(entry->graph);
        m_canvas->plot->removeItem(entry->label);
    }
    m_canvas->series.clear();
}

const SeriesBuffer& TimeSeriesPlot::series(int series) const
{
    return m_canvas->series.at(series)->buffer;
}

int TimeSeriesPlot::seriesCount() const
{
    return static_cast<int>(m_canvas->series.size());
}

bool TimeSeriesPlot::isEmpty() const
{
    return m_canvas->isEmpty();
}

void TimeSeriesPlot::setSmoothing(double weight)
{
    m_canvas->smoothing = weight;
    for (auto& entry : m_canvas->series) {
        if (entry->style.isSmoothable)
            entry->buffer.setSmoothing(weight);
    }
    scheduleReplot();
}

void TimeSeriesPlot::setLogarithmic(bool isLogarithmic)
{
    if (m_canvas->isLogarithmic == isLogarithmic)
        return;
    m_canvas->isLogarithmic = isLogarithmic;
    m_canvas->plot->yAxis->setScaleType(isLogarithmic ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
    scheduleReplot();
    emit logarithmicChanged(isLogarithmic);
}

bool TimeSeriesPlot::isLogarithmic() const
{
    return m_canvas->isLogarithmic;
}

void TimeSeriesPlot::setVisibleRange(std::optional<std::pair<double, double>> range)
{
    m_canvas->visible = range;
    scheduleReplot();
}

void TimeSeriesPlot::setExtent(std::optional<std::pair<double, double>> extent)
{
    m_canvas->extent = extent;
    scheduleReplot();
}

void TimeSeriesPlot::setCursor(std::optional<double> x)
{
    m_canvas->cursor = x;
    m_canvas->cursorLine->setVisible(x.has_value());
    if (x) {
        m_canvas->cursorLine->point1->setCoords(*x, 0);
        m_canvas->cursorLine->point2->setCoords(*x, 1);
    }
    scheduleReplot();
}

QString TimeSeriesPlot::readOut() const
{
    return m_canvas->readOutText();
}

QString TimeSeriesPlot::csv() const
{
    const bool isRanks = m_canvas->xFormat == AxisFormat::Rank;
    const auto inUnits = [isRanks](std::vector<PlotPoint> points) {
        for (PlotPoint& point : points)
            point.x = isRanks ? rankAt(point.x) : point.x;
        return points;
    };
    std::deque<std::vector<PlotPoint>> kept; // columns point into it
    std::vector<CsvSeries> columns;
    for (const auto& entry : m_canvas->series) {
        columns.push_back({entry->style.name, &kept.emplace_back(inUnits(entry->buffer.raw()))});
        if (entry->intervals.empty())
            continue;
        std::vector<PlotPoint> lows;
        std::vector<PlotPoint> highs;
        for (const Canvas::Interval& interval : entry->intervals) {
            lows.push_back({interval.x, interval.low});
            highs.push_back({interval.x, interval.high});
        }
        columns.push_back({tr("%1 low").arg(entry->style.name), &kept.emplace_back(inUnits(lows))});
        columns.push_back({tr("%1 high").arg(entry->style.name), &kept.emplace_back(inUnits(highs))});
    }
    return seriesCsv(m_canvas->xName, columns);
}

void TimeSeriesPlot::replotNow()
{
    m_canvas->timer->stop();
    m_canvas->replot(QCustomPlot::rpImmediateRefresh);
}

void TimeSeriesPlot::scheduleReplot()
{
    if (!m_canvas->timer->isActive())
        m_canvas->timer->start();
}

} // namespace lora::ui
