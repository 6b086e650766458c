// Keys, hovering and changes of look.
#include "ui/plots/plot_canvas.h"
#include "ui/plots/time_series_plot.h"

#include <QKeyEvent>

#include <algorithm>
#include <cmath>

namespace lora::ui {

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

} // namespace lora::ui
