#include "ui/widgets/bar_chart.h"

#include "ui/theme/theme.h"

#include <QEvent>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace lora::ui {

BarChart::BarChart(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void BarChart::setTitle(const QString& title)
{
    m_title = title;
    setAccessibleName(title);
    updateGeometry();
    update();
}

void BarChart::setRows(std::vector<BarRow> rows)
{
    m_rows = std::move(rows);
    QStringList spoken;
    for (const BarRow& row : m_rows)
        spoken += row.label + u' ' + row.text;
    setAccessibleDescription(spoken.join(QStringLiteral("; ")));
    updateGeometry();
    update();
}

void BarChart::setEmptyText(const QString& text)
{
    m_emptyText = text;
    update();
}

void BarChart::setFullScale(double value)
{
    m_fullScale = value;
    update();
}

void BarChart::setMark(std::optional<double> value)
{
    m_mark = value;
    update();
}

int BarChart::rowHeight() const
{
    return fontMetrics().height() + kGrid / 2;
}

int BarChart::titleHeight() const
{
    return m_title.isEmpty() ? 0 : fontMetrics().height() + kGrid / 2;
}

int BarChart::labelWidth() const
{
    int width = 0;
    for (const BarRow& row : m_rows)
        width = std::max(width, fontMetrics().horizontalAdvance(row.label));
    return std::min(width + 2, this->width() * 2 / 5) + kGrid;
}

QSize BarChart::sizeHint() const
{
    const int rows = std::max(1, static_cast<int>(m_rows.size()));
    return {240, titleHeight() + rows * rowHeight()};
}

QSize BarChart::minimumSizeHint() const
{
    return {140, sizeHint().height()};
}

void BarChart::paintRow(QPainter& painter, const BarRow& row, const QRect& area, double scale) const
{
    const int labels = labelWidth();
    painter.setPen(palette().color(QPalette::WindowText));
    const QString label = fontMetrics().elidedText(row.label, Qt::ElideMiddle, labels - kGrid);
    painter.drawText(QRect(area.left(), area.top(), labels, area.height()), Qt::AlignVCenter | Qt::AlignLeft,
                     label);
    const int length = std::max(row.value > 0 ? 2 : 0, static_cast<int>(row.value * scale));
    const QRect bar(area.left() + labels, area.top() + 2, length, area.height() - 4);
    if (row.isEstimated) {
        painter.fillRect(bar, trackColor(palette()));
        painter.fillRect(bar, QBrush(row.color, Qt::BDiagPattern));
    } else {
        painter.fillRect(bar, row.color);
    }
    painter.setPen(mutedText(palette()));
    // A line across the bars must not cross their numbers: those stand in a column of their own then.
    const QRect rest(bar.right() + kGrid, area.top(), area.right() - bar.right() - kGrid, area.height());
    painter.drawText(rest, Qt::AlignVCenter | (m_mark ? Qt::AlignRight : Qt::AlignLeft), row.text);
}

void BarChart::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    if (!m_title.isEmpty()) {
        painter.setPen(palette().color(QPalette::WindowText));
        painter.drawText(QRect(0, 0, width(), titleHeight()), Qt::AlignLeft | Qt::AlignTop, m_title);
    }
    if (m_rows.empty()) {
        painter.setPen(mutedText(palette()));
        painter.drawText(rect().adjusted(0, titleHeight(), 0, 0),
                         Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, m_emptyText);
        return;
    }
    double largest = m_fullScale;
    int widestText = 0;
    for (const BarRow& row : m_rows) {
        largest = std::max(largest, row.value);
        widestText = std::max(widestText, fontMetrics().horizontalAdvance(row.text));
    }
    const int room = std::max(8, width() - labelWidth() - widestText - 2 * kGrid);
    const double scale = largest > 0 ? room / largest : 0;
    int y = titleHeight();
    for (const BarRow& row : m_rows) {
        paintRow(painter, row, QRect(0, y, width(), rowHeight()), scale);
        y += rowHeight();
    }
    if (m_mark) {
        const int x = labelWidth() + static_cast<int>(*m_mark * scale);
        painter.setPen(QPen(warningColor(palette()), 1, Qt::DashLine));
        painter.drawLine(x, titleHeight(), x, y);
    }
}

bool BarChart::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        const int index = (help->pos().y() - titleHeight()) / std::max(1, rowHeight());
        if (help->pos().y() >= titleHeight() && index >= 0 && index < static_cast<int>(m_rows.size()))
            QToolTip::showText(help->globalPos(), m_rows[index].toolTip, this);
        return true;
    }
    return QWidget::event(event);
}

void BarChart::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        update();
}

} // namespace lora::ui
