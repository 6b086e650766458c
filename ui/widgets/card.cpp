#include "ui/widgets/card.h"

#include "ui/theme/theme.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>

namespace lora::ui {

Card::Card(const QString& heading, QWidget* parent)
    : QWidget(parent)
    , m_headingRow(new QHBoxLayout)
    , m_body(new QVBoxLayout)
{
    auto* label = new QLabel(heading, this);
    label->setFont(headingFont(font()));
    m_headingRow->addWidget(label);
    m_headingRow->addStretch(1);
    m_headingRow->setSpacing(kGrid);
    m_body->setSpacing(kGrid);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid);
    layout->addLayout(m_headingRow);
    layout->addLayout(m_body);
    setAccessibleName(heading);
}

void Card::addToHeading(QWidget* widget)
{
    m_headingRow->addWidget(widget);
}

MutedLabel::MutedLabel(const QString& text, QWidget* parent)
    : QWidget(parent)
    , m_label(new QLabel(this))
{
    m_label->setWordWrap(true);
    m_label->setFont(smallFont(font()));
    m_label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_label->setTextFormat(Qt::PlainText);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_label);
    setText(text);
}

void MutedLabel::setText(const QString& text, Tone tone)
{
    m_tone = tone;
    m_label->setText(text);
    setVisible(!text.isEmpty());
    applyColor();
}

QString MutedLabel::text() const
{
    return m_label->text();
}

void MutedLabel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyColor();
}

void MutedLabel::applyColor()
{
    QPalette colors = palette();
    const QColor color = m_tone == Tone::Muted     ? mutedText(colors)
                         : m_tone == Tone::Warning ? warningColor(colors)
                                                   : problemColor(colors);
    colors.setColor(QPalette::WindowText, color);
    m_label->setPalette(colors);
}

} // namespace lora::ui
