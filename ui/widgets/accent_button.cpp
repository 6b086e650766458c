#include "ui/widgets/accent_button.h"

#include "ui/theme/theme.h"

#include <QApplication>
#include <QEvent>

namespace lora::ui {

AccentButton::AccentButton(const QString& text, QWidget* parent)
    : QPushButton(text, parent)
{
    QFont bold = font();
    bold.setBold(true);
    setFont(bold);
    setMinimumHeight(5 * kGrid);
    applyColor();
}

void AccentButton::changeEvent(QEvent* event)
{
    QPushButton::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::EnabledChange)
        applyColor();
}

void AccentButton::applyColor()
{
    if (m_isApplying)
        return;
    m_isApplying = true;
    const QPalette base = QApplication::palette();
    QPalette colors = base;
    if (isEnabled()) {
        const QColor accent = accentColor(base);
        colors.setColor(QPalette::Button, accent.darker(118)); // styles lighten buttons
        colors.setColor(QPalette::ButtonText, textOn(accent));
    }
    setPalette(colors);
    m_isApplying = false;
}

} // namespace lora::ui
