#include "ui/setup/savings_chart.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QPainter>

#include <algorithm>

namespace lora::ui {

SavingsChart::SavingsChart(QWidget* parent)
    : QWidget(parent)
{
    setFont(smallFont(font()));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setToolTip(
        tr("Shares of full fine-tuning's floating-point operations, from the ledger of matrix products"));
}

void SavingsChart::setSavings(const std::vector<SavingSource>& savings)
{
    m_savings = savings;
    setAccessibleName(text());
    updateGeometry();
    update();
}

std::vector<SavingsChart::Step> SavingsChart::steps() const
{
    std::vector<Step> steps;
    double level = 1;
    for (const SavingSource& saving : m_savings) {
        const double next = level - saving.share;
        // The label of a change is the change itself: "−31 %" of full fine-tuning.
        steps.push_back({qstr(saving.label), qChange(1 - saving.share), level, next, false});
        level = next;
    }
    steps.push_back({tr("left to compute"), qPercent(level), 0, level, true});
    return steps;
}

QString SavingsChart::text() const
{
    QStringList parts;
    for (const Step& step : steps())
        parts += step.label + u' ' + step.value;
    return parts.join(QStringLiteral(", "));
}

int SavingsChart::rowHeight() const
{
    return fontMetrics().height() * 2 - 2;
}

QSize SavingsChart::sizeHint() const
{
    return {200, static_cast<int>(m_savings.size() + 1) * rowHeight()};
}

void SavingsChart::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    const int line = fontMetrics().height();
    int y = 0;
    for (const Step& step : steps()) {
        painter.setPen(step.isTotal ? palette().color(QPalette::WindowText) : mutedText(palette()));
        painter.drawText(QRect(0, y, width(), line), Qt::AlignLeft, step.label);
        painter.drawText(QRect(0, y, width(), line), Qt::AlignRight, step.value);
        const double left = std::clamp(std::min(step.from, step.to), 0.0, 1.0) * width();
        const double right = std::clamp(std::max(step.from, step.to), 0.0, 1.0) * width();
        const QRectF track(0, y + line, width(), 5);
        painter.fillRect(track, trackColor(palette()));
        const bool isCost = !step.isTotal && step.to > step.from;
        const QColor accent = accentColor(palette());
        const QColor color = step.isTotal ? accent
                                          : (isCost ? warningColor(palette())
                                                    : mixed(palette().color(QPalette::Window), accent, 0.45));
        painter.fillRect(QRectF(left, track.top(), std::max(1.0, right - left), track.height()), color);
        y += rowHeight();
    }
}

} // namespace lora::ui
