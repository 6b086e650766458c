#include "ui/plots/time_series_plot.h"

#include "ui/format/quantities.h"
#include "ui/plots/series_csv.h"
#include "ui/theme/theme.h"

#include <qcustomplot.h>

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QMenu>
#include <QSaveFile>
#include <QStandardPaths>
#include <QSvgGenerator>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace lora::ui {

namespace {

constexpr int kReplotIntervalMs = 50; // 20 Hz

QString axisText(double value, AxisFormat format)
{
    // 0.1 + 0.2 would otherwise print as 2.77e-17 near zero.
    if (std::abs(value) < 1e-14)
        return QStringLiteral("0");
    if (format == AxisFormat::Duration)
        return qDuration(value);
    if (format == AxisFormat::Flops)
        return qFlops(value);
    if (format == AxisFormat::Bytes)
        return qBytes(value);
    if (format == AxisFormat::Count || std::abs(value) >= 10000)
        return qCount(value);
    return QString::number(value, 'g', 4);
}

class QuantityTicker : public QCPAxisTicker
{
public:
    explicit QuantityTicker(AxisFormat format)
        : m_format(format)
    {
        setTickCount(5);
    }

protected:
    QString getTickLabel(double tick, const QLocale&, QChar, int) override
    {
        return axisText(tick, m_format);
    }

private:
    AxisFormat m_format;
};

class QuantityLogTicker : public QCPAxisTickerLog
{
public:
    explicit QuantityLogTicker(AxisFormat format)
        : m_format(format)
    {}

protected:
    QString getTickLabel(double tick, const QLocale&, QChar, int) override
    {
        return axisText(tick, m_format);
    }

private:
    AxisFormat m_format;
};

QSharedPointer<QCPAxisTicker> tickerFor(AxisFormat format, bool isLogarithmic, const QCPRange& range)
{
    // Less than a decade has no power of ten inside: evenly spaced ticks say more.
    if (isLogarithmic && range.lower > 0 && range.upper / range.lower >= 10)
        return QSharedPointer<QuantityLogTicker>::create(format);
    return QSharedPointer<QuantityTicker>::create(format);
}

QCPScatterStyle markerStyle(int marker, double size)
{
    static constexpr QCPScatterStyle::ScatterShape kShapes[] = {
        QCPScatterStyle::ssDisc, QCPScatterStyle::ssSquare, QCPScatterStyle::ssDiamond,
        QCPScatterStyle::ssTriangle, QCPScatterStyle::ssTriangleInverted};
    return QCPScatterStyle(kShapes[static_cast<std::size_t>(marker) % std::size(kShapes)], size);
}

} // namespace

/// The QCustomPlot side: graphs, labels and layout of one TimeSeriesPlot.
class TimeSeriesPlot::Canvas
{
public:
    struct Series
    {
        SeriesStyle style;
        SeriesBuffer buffer;
        QCPGraph* faint = nullptr; ///< raw points behind the smoothed line
        QCPGraph* graph = nullptr;
        QCPItemText* label = nullptr;
    };
    struct Level
    {
        QString name;
        double y = 0;
        QCPItemStraightLine* line = nullptr;
        QCPItemText* label = nullptr;
    };

    explicit Canvas(QWidget* parent)
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

    void createItems()
    {
        cursorLine = new QCPItemStraightLine(plot);
        cursorLine->setVisible(false);
        empty = new QCPItemText(plot);
        empty->position->setType(QCPItemPosition::ptAxisRectRatio);
        empty->position->setCoords(0.5, 0.45);
        empty->setClipToAxisRect(false);
    }

    void applyTheme(const QPalette& palette, const QFont& base)
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

    void applyStyle(Series& entry, const QPalette& palette) const
    {
        const QColor color = entry.style.color ? entry.style.color(palette) : theme.text;
        QColor pale = mixed(theme.background, color, 0.32);
        entry.faint->setPen(QPen(pale, 1));
        const bool hasLine = entry.style.shape != SeriesShape::Markers;
        entry.graph->setPen(QPen(color, entry.style.width, entry.style.dash));
        entry.graph->setLineStyle(hasLine ? QCPGraph::lsLine : QCPGraph::lsNone);
        if (entry.style.shape == SeriesShape::Line) {
            entry.graph->setScatterStyle(QCPScatterStyle::ssNone);
        } else {
            auto scatter = markerStyle(entry.style.marker, hasLine ? 5 : 9);
            scatter.setPen(QPen(color, 1));
            scatter.setBrush(color);
            entry.graph->setScatterStyle(scatter);
        }
        entry.label->setColor(theme.text);
        entry.label->setFont(theme.font);
    }

    void applyStyle(Level& level) const
    {
        level.line->setPen(QPen(theme.muted, 1, Qt::DotLine));
        level.label->setColor(theme.muted);
        level.label->setFont(theme.font);
    }

    QCPItemText* newLabel() const
    {
        auto* label = new QCPItemText(plot);
        label->setClipToAxisRect(false);
        label->setPositionAlignment(Qt::AlignLeft | Qt::AlignVCenter);
        label->position->setType(QCPItemPosition::ptAbsolute);
        label->setPadding(QMargins(4, 0, 0, 0));
        return label;
    }

    /// Lower above upper until something is included; QCPRange's constructor would put that in order.
    static QCPRange nothing()
    {
        QCPRange range;
        range.lower = std::numeric_limits<double>::max();
        range.upper = std::numeric_limits<double>::lowest();
        return range;
    }

    QCPRange dataRange() const
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
        if (range.lower == range.upper)
            return {range.lower - 0.5, range.upper + 0.5};
        return isXLogarithmic ? QCPRange(range.lower / 1.5, range.upper * 1.5) : range;
    }

    bool isEmpty() const
    {
        return std::all_of(series.begin(), series.end(),
                           [](const auto& entry) { return entry->buffer.empty(); });
    }

    /// Fills the graphs with the thinned points of [from, to]; returns their extent in y.
    QCPRange fillGraphs(const QCPRange& xRange)
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
                     SeriesBuffer::thinned(entry->buffer.raw(), xRange.lower, xRange.upper, buckets),
                     yExtent);
        }
        for (const Level& level : levels)
            include(yExtent, level.y);
        return yExtent;
    }

    void include(QCPRange& yExtent, double y) const
    {
        if (isLogarithmic && y <= 0)
            return;
        yExtent.lower = std::min(yExtent.lower, y);
        yExtent.upper = std::max(yExtent.upper, y);
    }

    void fill(QCPGraph& graph, const std::vector<PlotPoint>& points, QCPRange& yExtent) const
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

    void fitY(QCPRange yExtent)
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

    int labelRoom() const
    {
        const QFontMetrics metrics(theme.font);
        int room = 0;
        for (const auto& entry : series) {
            if (entry->style.isLabelled && !entry->buffer.empty())
                room = std::max(room, metrics.horizontalAdvance(entry->style.name));
        }
        for (const Level& level : levels)
            room = std::max(room, metrics.horizontalAdvance(level.name));
        return std::min(room, plot->width() / 3);
    }

    void replot(QCustomPlot::RefreshPriority priority)
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

    QString wrapped(const QString& text) const
    {
        const QFontMetrics metrics(theme.font);
        const int width = std::max(120, plot->axisRect()->width() - 2 * kGrid);
        QString out;
        QString line;
        for (const QString& word : text.split(u' ')) {
            const QString longer = line.isEmpty() ? word : line + u' ' + word;
            if (metrics.horizontalAdvance(longer) > width && !line.isEmpty()) {
                out += line + u'\n';
                line = word;
            } else {
                line = longer;
            }
        }
        return out + line;
    }

    /// Direct labels at the right edge, pushed apart where lines end close to each other.
    void placeLabels()
    {
        struct Placed
        {
            QCPItemText* label;
            double x;
            double y;
        };
        std::vector<Placed> placed;
        const QRect area = plot->axisRect()->rect();
        const double right = area.right() + 1;
        const auto place = [&](QCPItemText* label, double x, double y) {
            const double pixel = plot->yAxis->coordToPixel(y);
            label->setVisible(pixel >= area.top() - 2 && pixel <= area.bottom() + 2);
            if (label->visible())
                placed.push_back({label, x, pixel});
        };
        const QFontMetrics metrics(theme.font);
        const int room = labelRoom();
        for (auto& entry : series) {
            const auto data = entry->graph->data();
            entry->label->setVisible(false);
            entry->label->setText(metrics.elidedText(entry->style.name, Qt::ElideRight, room + 1));
            if (!entry->style.isLabelled || data->isEmpty())
                continue;
            const auto last = data->constEnd() - 1;
            const bool isPoint = entry->style.shape == SeriesShape::Markers;
            place(entry->label, isPoint ? plot->xAxis->coordToPixel(last->key) + 4 : right, last->value);
        }
        for (Level& level : levels)
            place(level.label, right, level.y);
        std::stable_sort(placed.begin(), placed.end(),
                         [](const Placed& a, const Placed& b) { return a.y < b.y; });
        const double height = QFontMetrics(theme.font).height() * 0.95;
        for (std::size_t i = 1; i < placed.size(); ++i)
            placed[i].y = std::max(placed[i].y, placed[i - 1].y + height);
        double limit = area.bottom();
        for (auto label = placed.rbegin(); label != placed.rend(); ++label) {
            label->y = std::min(label->y, limit);
            limit = label->y - height;
            label->label->position->setCoords(label->x, label->y);
        }
    }

    QString readOutText() const
    {
        if (!cursor)
            return {};
        QStringList parts;
        for (const auto& entry : series) {
            const bool isSmoothed = entry->style.isSmoothable && entry->buffer.smoothing() > 0;
            const auto& points = isSmoothed ? entry->buffer.smoothed() : entry->buffer.raw();
            const PlotPoint* point = SeriesBuffer::nearest(points, *cursor);
            if (!point)
                continue;
            const QString value = yFormat == AxisFormat::Count ? qCount(point->y) : qNumber(point->y);
            parts += entry->style.name.isEmpty() ? value : entry->style.name + u' ' + value;
        }
        if (parts.isEmpty())
            return {};
        constexpr int kMostShown = 4;
        if (parts.size() > kMostShown)
            parts = parts.mid(0, kMostShown) << QStringLiteral("…");
        parts.prepend(xName + u' ' + axisText(std::round(*cursor * 100) / 100, xFormat));
        return parts.join(QStringLiteral("  ·  "));
    }

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
    for (auto& entry : m_canvas->series)
        entry->buffer.clear();
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
    std::vector<CsvSeries> columns;
    for (const auto& entry : m_canvas->series)
        columns.push_back({entry->style.name, &entry->buffer.raw()});
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

void TimeSeriesPlot::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (m_canvas && (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)) {
        m_canvas->applyTheme(palette(), font());
        scheduleReplot();
    }
}

bool TimeSeriesPlot::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() == QEvent::Leave)
        emit cursorMoved(std::nullopt);
    else if (event->type() == QEvent::Resize)
        scheduleReplot();
    return QWidget::eventFilter(watched, event);
}

void TimeSeriesPlot::stepCursor(int direction)
{
    if (isEmpty())
        return;
    const auto& points = m_canvas->series.front()->buffer.raw();
    if (points.empty())
        return;
    const PlotPoint* current = SeriesBuffer::nearest(points, m_canvas->cursor.value_or(points.back().x));
    const auto index = std::clamp<std::ptrdiff_t>(current - points.data() + direction, 0,
                                                  static_cast<std::ptrdiff_t>(points.size()) - 1);
    emit cursorMoved(points[static_cast<std::size_t>(index)].x);
}

void TimeSeriesPlot::keyPressEvent(QKeyEvent* event)
{
    const QCPRange range = m_canvas->plot->xAxis->range();
    const auto zoom = [&](double factor) {
        const double half = range.size() / 2 * factor;
        setVisibleRange(std::pair(range.center() - half, range.center() + half));
        emit visibleRangeChanged(m_canvas->visible);
    };
    switch (event->key()) {
    case Qt::Key_Left:
    case Qt::Key_Right:
        return stepCursor(event->key() == Qt::Key_Left ? -1 : 1);
    case Qt::Key_Plus:
        return zoom(0.7);
    case Qt::Key_Minus:
        return zoom(1 / 0.7);
    case Qt::Key_Home:
        setVisibleRange(std::nullopt);
        emit visibleRangeChanged(std::nullopt);
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

void TimeSeriesPlot::contextMenuEvent(QContextMenuEvent* event)
{
    QMenu menu(this);
    QAction* logarithmic = menu.addAction(tr("Logarithmic axis"));
    logarithmic->setCheckable(true);
    logarithmic->setChecked(isLogarithmic());
    connect(logarithmic, &QAction::toggled, this, &TimeSeriesPlot::setLogarithmic);
    connect(menu.addAction(tr("Show everything")), &QAction::triggered, this, [this] {
        setVisibleRange(std::nullopt);
        emit visibleRangeChanged(std::nullopt);
    });
    menu.addSeparator();
    addSaveActions(menu);
    menu.exec(event->globalPos());
}

void TimeSeriesPlot::addSaveActions(QMenu& menu)
{
    connect(menu.addAction(tr("Copy picture")), &QAction::triggered, this,
            [this] { QApplication::clipboard()->setPixmap(m_canvas->plot->toPixmap(0, 0, 2)); });
    const std::pair<QString, QString> formats[] = {{QStringLiteral("png"), tr("Save picture as PNG…")},
                                                   {QStringLiteral("svg"), tr("Save picture as SVG…")},
                                                   {QStringLiteral("pdf"), tr("Save picture as PDF…")},
                                                   {QStringLiteral("csv"), tr("Save data as CSV…")}};
    for (const auto& [suffix, text] : formats)
        connect(menu.addAction(text), &QAction::triggered, this, [this, suffix = suffix] {
            save(suffix, QStringLiteral("%1 (*.%2)").arg(suffix.toUpper(), suffix));
        });
}

void TimeSeriesPlot::save(const QString& suffix, const QString& filter)
{
    const QString name = accessibleName().toLower().replace(u' ', u'-');
    const QString start = QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation);
    QString file = QFileDialog::getSaveFileName(this, tr("Save"),
                                                QStringLiteral("%1/%2.%3").arg(start, name, suffix), filter);
    if (file.isEmpty())
        return;
    if (QFileInfo(file).suffix().isEmpty())
        file += u'.' + suffix;
    if (!writeFile(file, suffix))
        emit problem(tr("%1 could not be written").arg(file),
                     tr("Choose another folder, or free some space."));
}

bool TimeSeriesPlot::writeFile(const QString& file, const QString& suffix)
{
    QCustomPlot& plot = *m_canvas->plot;
    if (suffix == QStringLiteral("png"))
        return plot.savePng(file, 0, 0, 2);
    if (suffix == QStringLiteral("pdf"))
        return plot.savePdf(file, 0, 0, QCP::epNoCosmetic, QApplication::applicationDisplayName(),
                            accessibleName());
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly))
        return false;
    if (suffix == QStringLiteral("csv")) {
        out.write(csv().toUtf8());
        return out.commit();
    }
    QSvgGenerator generator;
    generator.setOutputDevice(&out);
    generator.setTitle(accessibleName());
    generator.setSize(plot.size());
    generator.setViewBox(QRect(QPoint(), plot.size()));
    QCPPainter painter;
    if (!painter.begin(&generator))
        return false;
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    plot.toPainter(&painter, plot.width(), plot.height());
    painter.end();
    return out.commit();
}

} // namespace lora::ui
