#include "ui/widgets/length_histogram.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <numeric>

namespace lora::ui {

LengthHistogram::LengthHistogram(QWidget* parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setMouseTracking(true);
    setFont(smallFont(font()));
    setAccessibleName(tr("Token lengths and max_length"));
}

void LengthHistogram::setCounts(std::vector<std::int64_t> counts)
{
    m_counts = std::move(counts);
    setAccessibleDescription(summaryText());
    update();
}

void LengthHistogram::setCutoff(int tokens)
{
    m_cutoff = tokens;
    setAccessibleDescription(summaryText());
    update();
}

void LengthHistogram::setLimit(int tokens)
{
    m_limit = std::max(1, tokens);
    update();
}

double LengthHistogram::truncatedShare() const
{
    const auto total = std::accumulate(m_counts.begin(), m_counts.end(), std::int64_t{0});
    if (total == 0 || m_cutoff + 1 >= static_cast<int>(m_counts.size()))
        return 0;
    const auto cut =
        std::accumulate(m_counts.begin() + std::max(0, m_cutoff + 1), m_counts.end(), std::int64_t{0});
    return static_cast<double>(cut) / static_cast<double>(total);
}

QString LengthHistogram::summaryText() const
{
    if (m_counts.empty())
        return tr("max_length %1").arg(m_cutoff);
    const double share = truncatedShare();
    if (share == 0)
        return tr("max_length %1: no row is longer").arg(m_cutoff);
    return tr("max_length %1: %2 of rows are longer").arg(m_cutoff).arg(qPercent(share));
}

QRect LengthHistogram::plotArea() const
{
    const int line = fontMetrics().height();
    return rect().adjusted(0, line + 4, -1, -line - 4);
}

int LengthHistogram::lastToken() const
{
    if (m_frozenEnd > 0)
        return m_frozenEnd;
    const int longest = std::max(8, static_cast<int>(m_counts.size()) - 1);
    return std::max(longest, std::min(m_cutoff, longest * 2)) * 21 / 20 + 1;
}

double LengthHistogram::xOf(double tokens) const
{
    const QRect area = plotArea();
    return area.left() + std::min(1.0, tokens / lastToken()) * area.width();
}

int LengthHistogram::tokensAt(double x) const
{
    const QRect area = plotArea();
    return static_cast<int>(std::lround((x - area.left()) / area.width() * lastToken()));
}

void LengthHistogram::paintBars(QPainter& painter, const QRect& area) const
{
    const int bins = std::clamp(area.width() / 5, 1, lastToken());
    std::vector<double> heights(bins, 0.0);
    for (std::size_t tokens = 0; tokens < m_counts.size(); ++tokens)
        heights[std::min<std::size_t>(bins - 1, tokens * bins / lastToken())] +=
            static_cast<double>(m_counts[tokens]);
    const double highest = *std::max_element(heights.begin(), heights.end());
    if (highest <= 0)
        return;
    const QColor kept = mixed(accentColor(palette()), palette().color(QPalette::Window), 0.35);
    const QColor cut = mixed(warningColor(palette()), palette().color(QPalette::Window), 0.25);
    for (int bin = 0; bin < bins; ++bin) {
        const double left = xOf(double(bin) * lastToken() / bins);
        const double right = xOf(double(bin + 1) * lastToken() / bins);
        const double height = heights[bin] / highest * area.height();
        const bool isCut = double(bin + 0.5) * lastToken() / bins > m_cutoff;
        painter.fillRect(QRectF(left, area.bottom() + 1 - height, right - left - 1, height),
                         isCut ? cut : kept);
    }
}

void LengthHistogram::paintAxis(QPainter& painter, const QRect& area) const
{
    painter.setPen(faintLine(palette()));
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    painter.setPen(mutedText(palette()));
    const int line = fontMetrics().height();
    int step = 1;
    for (const int candidate : {2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000}) {
        if (lastToken() / step > 5)
            step = candidate;
    }
    for (int tick = 0; tick <= lastToken(); tick += step) {
        const QString text = tick == 0 ? tr("0 tokens") : QString::number(tick);
        const int width = fontMetrics().horizontalAdvance(text);
        const int x =
            std::clamp(static_cast<int>(xOf(tick)) - (tick == 0 ? 0 : width / 2), 0, this->width() - width);
        painter.drawText(QRect(x, area.bottom() + 4, width + 2, line), Qt::AlignLeft, text);
    }
}

void LengthHistogram::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const QRect area = plotArea();
    const int line = fontMetrics().height();
    if (m_counts.empty()) {
        painter.setPen(mutedText(palette()));
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("Token lengths appear here once model and data are read"));
        return;
    }
    paintBars(painter, area);
    paintAxis(painter, area);
    const double x = std::min(xOf(m_cutoff), area.right() - 4.0);
    painter.setPen(QPen(hasFocus() ? accentColor(palette()) : palette().color(QPalette::WindowText), 1.5));
    painter.drawLine(QPointF(x, line + 2), QPointF(x, area.bottom()));
    painter.setBrush(painter.pen().color());
    painter.drawPolygon(QPolygonF{{QPointF(x - 4, line), QPointF(x + 4, line), QPointF(x, line + 5)}});
    painter.setPen(truncatedShare() > 0 ? warningColor(palette()) : mutedText(palette()));
    const QString text = summaryText();
    const int width = fontMetrics().horizontalAdvance(text);
    const int left = std::clamp(static_cast<int>(x) - width / 2, 0, std::max(0, this->width() - width));
    painter.drawText(QRect(left, 0, width + 2, line), Qt::AlignLeft, text);
}

void LengthHistogram::drag(int tokens)
{
    tokens = std::clamp(tokens, 4, m_limit);
    if (tokens == m_cutoff)
        return;
    setCutoff(tokens);
    emit cutoffDragged(tokens);
}

void LengthHistogram::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || m_counts.empty())
        return;
    m_frozenEnd = lastToken();
    drag(tokensAt(event->position().x()));
}

void LengthHistogram::mouseMoveEvent(QMouseEvent* event)
{
    const bool isNear = std::abs(event->position().x() - xOf(m_cutoff)) < 6;
    setCursor(isNear || m_frozenEnd > 0 ? Qt::SplitHCursor : Qt::ArrowCursor);
    if (event->buttons() & Qt::LeftButton && m_frozenEnd > 0)
        drag(tokensAt(event->position().x()));
}

void LengthHistogram::mouseReleaseEvent(QMouseEvent*)
{
    m_frozenEnd = 0;
    update();
}

void LengthHistogram::keyPressEvent(QKeyEvent* event)
{
    const int step = event->modifiers() & Qt::ShiftModifier ? 16 : 1;
    if (event->key() == Qt::Key_Left)
        drag(m_cutoff - step);
    else if (event->key() == Qt::Key_Right)
        drag(m_cutoff + step);
    else
        QWidget::keyPressEvent(event);
}

} // namespace lora::ui
