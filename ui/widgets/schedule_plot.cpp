#include "ui/widgets/schedule_plot.h"

#include "core/config/experiment_config.h"
#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QPainter>
#include <QPainterPath>

#include <cmath>
#include <numbers>

namespace lora::ui {

SchedulePlot::SchedulePlot(QWidget* parent)
    : QWidget(parent)
{
    setFont(smallFont(font()));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void SchedulePlot::setSchedule(const TrainingConfig& training)
{
    m_type = training.lrSchedulerType;
    m_warmupRatio = training.warmupRatio;
    m_learningRate = training.learningRate;
    const QString text =
        tr("Learning rate rises to %1 over the first %2 of the steps, then follows \"%3\".")
            .arg(QString::number(m_learningRate, 'g', 4), qPercent(m_warmupRatio), qstr(m_type));
    setAccessibleName(text);
    setToolTip(text);
    update();
}

double SchedulePlot::shareAt(double done, const std::string& type, double warmupRatio)
{
    if (type == "constant")
        return 1;
    if (done < warmupRatio)
        return done / warmupRatio;
    if (type == "constant_with_warmup")
        return 1;
    const double rest = warmupRatio >= 1 ? 1 : (done - warmupRatio) / (1 - warmupRatio);
    return type == "cosine" ? 0.5 * (1 + std::cos(std::numbers::pi * rest)) : 1 - rest;
}

void SchedulePlot::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int line = fontMetrics().height();
    const QRectF area = QRectF(rect()).adjusted(1, line + 2, -1, -2);
    painter.setPen(faintLine(palette()));
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    QPainterPath curve;
    constexpr int kPoints = 200;
    for (int i = 0; i <= kPoints; ++i) {
        const double done = double(i) / kPoints;
        const QPointF point(area.left() + done * area.width(),
                            area.bottom() - shareAt(done, m_type, m_warmupRatio) * area.height());
        i == 0 ? curve.moveTo(point) : curve.lineTo(point);
    }
    painter.setPen(QPen(accentColor(palette()), 1.8));
    painter.drawPath(curve);
    painter.setPen(mutedText(palette()));
    const QString peak = tr("peak %1").arg(QString::number(m_learningRate, 'g', 4));
    const double start = m_type == "constant" ? 0 : m_warmupRatio;
    const int width = fontMetrics().horizontalAdvance(peak);
    const int x = std::clamp(static_cast<int>(area.left() + start * area.width()), 0,
                             std::max(0, this->width() - width));
    painter.drawText(QRect(x, 0, width + 2, line), Qt::AlignLeft, peak);
}

} // namespace lora::ui
