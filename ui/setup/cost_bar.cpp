#include "ui/setup/cost_bar.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QPainter>

#include <algorithm>

namespace lora::ui {

CostBar::CostBar(QWidget* parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void CostBar::setValues(const CostBarValues& values)
{
    m_values = values;
    setAccessibleName(text());
    setToolTip(tr("%1\nThis configuration: %2\nFull fine-tuning: %3")
                   .arg(values.label, values.format(values.value), values.format(values.baseline)) +
               (values.note.isEmpty() ? QString() : u'\n' + values.note));
    update();
}

QString CostBar::changeLabel() const
{
    if (m_values.baseline <= 0)
        return {};
    const QString change = qChange(m_values.value / m_values.baseline);
    return m_values.isEstimate ? QStringLiteral("≈ ") + change : change;
}

QString CostBar::absoluteLabel() const
{
    const QString text =
        tr("%1 of %2").arg(m_values.format(m_values.value), m_values.format(m_values.baseline));
    return m_values.isEstimate ? QStringLiteral("≈ ") + text : text;
}

QString CostBar::text() const
{
    return m_values.format ? tr("%1: %2, %3").arg(m_values.label, changeLabel(), absoluteLabel()) : QString();
}

QSize CostBar::sizeHint() const
{
    const QFontMetrics smallMetrics(smallFont(font()));
    return {200, fontMetrics().height() + kGrid + smallMetrics.height() + kGrid};
}

void CostBar::paintEvent(QPaintEvent*)
{
    if (!m_values.format)
        return;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int line = fontMetrics().height();
    painter.setPen(palette().color(QPalette::WindowText));
    painter.drawText(QRect(0, 0, width(), line), Qt::AlignLeft, m_values.label);
    QFont bold = font();
    bold.setBold(true);
    painter.setFont(bold);
    painter.drawText(QRect(0, 0, width(), line), Qt::AlignRight, changeLabel());

    const QRectF track(0, line + 3, width(), kGrid - 2);
    painter.setPen(Qt::NoPen);
    painter.setBrush(trackColor(palette()));
    painter.drawRoundedRect(track, 1, 1);
    const double ratio = m_values.baseline > 0 ? m_values.value / m_values.baseline : 0;
    // More than full fine-tuning (it happens for time at large ranks) shows in the warning colour.
    painter.setBrush(ratio > 1.005 ? warningColor(palette()) : accentColor(palette()));
    const double length = std::max(m_values.value > 0 ? 2.0 : 0.0, track.width() * std::min(1.0, ratio));
    painter.drawRoundedRect(QRectF(track.topLeft(), QSizeF(length, track.height())), 1, 1);

    painter.setFont(smallFont(font()));
    painter.setPen(mutedText(palette()));
    painter.drawText(QRect(0, static_cast<int>(track.bottom()) + 2, width(), painter.fontMetrics().height()),
                     Qt::AlignLeft, absoluteLabel());
}

} // namespace lora::ui
