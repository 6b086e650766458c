// Labels at the ends of lines, and the read-out under the cursor.
#include "ui/plots/plot_canvas.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <algorithm>
#include <cmath>

namespace lora::ui {

int TimeSeriesPlot::Canvas::labelRoom() const
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

QString TimeSeriesPlot::Canvas::wrapped(const QString& text) const
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

void TimeSeriesPlot::Canvas::placeLabels()
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
        const int reach = entry->style.shape == SeriesShape::Markers ? 4
                          : entry->style.shape == SeriesShape::Ring  ? kGrid
                                                                     : -1; // a line: labelled at its end
        place(entry->label, reach < 0 ? right : plot->xAxis->coordToPixel(last->key) + reach, last->value);
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

QString TimeSeriesPlot::Canvas::readOutText() const
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

} // namespace lora::ui
