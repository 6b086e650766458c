#include "ui/widgets/rank_slider.h"

#include "ui/theme/theme.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QStyle>
#include <QStyleOptionSlider>

#include <cmath>

namespace lora::ui {

RankSlider::RankSlider(QWidget* parent)
    : QWidget(parent)
    , m_slider(new QSlider(Qt::Horizontal, this))
    , m_box(new QSpinBox(this))
{
    m_slider->setRange(0, kLargestPower);
    m_slider->setPageStep(1);
    m_slider->setAccessibleName(tr("Rank, in powers of two"));
    m_box->setRange(1, 4096);
    m_box->setAccessibleName(tr("Rank"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, fontMetrics().height() - 4);
    layout->setSpacing(kGrid);
    layout->addWidget(m_slider, 1);
    layout->addWidget(m_box);
    setFocusProxy(m_slider);
    connect(m_slider, &QSlider::valueChanged, this, [this](int power) {
        setRank(1 << power);
        emit rankEdited(1 << power);
    });
    connect(m_box, &QSpinBox::valueChanged, this, [this](int rank) {
        setRank(rank);
        emit rankEdited(rank);
    });
}

int RankSlider::rank() const
{
    return m_box->value();
}

void RankSlider::setRank(int rank)
{
    const QSignalBlocker sliderBlocker(m_slider);
    const QSignalBlocker boxBlocker(m_box);
    m_slider->setValue(static_cast<int>(std::lround(std::log2(std::max(1, rank)))));
    m_box->setValue(rank);
}

void RankSlider::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setFont(smallFont(font()));
    painter.setPen(isEnabled() ? mutedText(palette())
                               : palette().color(QPalette::Disabled, QPalette::WindowText));
    QStyleOptionSlider option;
    option.initFrom(m_slider);
    option.orientation = Qt::Horizontal;
    option.maximum = kLargestPower;
    const int handle = style()->pixelMetric(QStyle::PM_SliderLength, &option, m_slider);
    const int span = m_slider->width() - handle;
    const int line = painter.fontMetrics().height();
    for (int power = 0; power <= kLargestPower; ++power) {
        const int x =
            m_slider->x() + handle / 2 + QStyle::sliderPositionFromValue(0, kLargestPower, power, span);
        painter.drawText(QRect(x - 20, height() - line, 40, line), Qt::AlignHCenter | Qt::AlignBottom,
                         QString::number(1 << power));
    }
}

} // namespace lora::ui
