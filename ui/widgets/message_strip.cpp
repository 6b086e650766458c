#include "ui/widgets/message_strip.h"

#include "ui/theme/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>

#include <utility>

namespace lora::ui {

MessageStrip::MessageStrip(QWidget* parent)
    : QFrame(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
    , m_action(new QPushButton(this))
    , m_close(new QToolButton(this))
    , m_timer(new QTimer(this))
{
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_close->setAutoRaise(true);
    m_close->setToolTip(tr("Dismiss this message"));
    m_close->setAccessibleName(tr("Dismiss"));
    m_timer->setSingleShot(true);
    m_timer->setInterval(12000);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(2 * kGrid, kGrid / 2, kGrid, kGrid / 2);
    layout->setSpacing(kGrid);
    layout->addWidget(m_icon);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_action);
    layout->addWidget(m_close);
    setAutoFillBackground(true);
    setAccessibleName(tr("Message"));
    connect(m_action, &QPushButton::clicked, this, [this] {
        const std::function<void()> action = m_do;
        dismiss();
        action();
    });
    connect(m_close, &QToolButton::clicked, this, &MessageStrip::dismiss);
    connect(m_timer, &QTimer::timeout, this, &MessageStrip::dismiss);
    hide();
}

void MessageStrip::showProblem(const QString& what, const QString& hint)
{
    present(hint.isEmpty() ? what : what + u'\n' + hint, true);
}

void MessageStrip::showOffer(const QString& text, const QString& actionText, std::function<void()> action)
{
    present(text, false);
    m_do = std::move(action);
    m_action->setText(actionText);
    m_action->show();
}

void MessageStrip::present(const QString& text, bool isProblem)
{
    m_isProblem = isProblem;
    m_timer->stop();
    m_action->hide();
    m_text->setText(text);
    applyColors();
    show();
}

void MessageStrip::showNotice(const QString& text)
{
    // A standing problem is worth more than a notice.
    if (m_isProblem && isVisible())
        return;
    present(text, false);
    m_timer->start();
}

void MessageStrip::dismiss()
{
    m_isProblem = false;
    m_timer->stop();
    m_text->clear();
    hide();
}

QString MessageStrip::text() const
{
    return m_text->text();
}

void MessageStrip::changeEvent(QEvent* event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyColors();
}

void MessageStrip::applyColors()
{
    const QPalette colors = parentWidget() ? parentWidget()->palette() : palette();
    const QColor tone = m_isProblem ? problemColor(colors) : accentColor(colors);
    const QColor background = mixed(colors.color(QPalette::Window), tone, 0.14);
    if (palette().color(QPalette::Window) != background) {
        QPalette own = colors;
        own.setColor(QPalette::Window, background);
        setPalette(own);
    }
    QPalette tinted = colors;
    tinted.setColor(QPalette::Active, QPalette::WindowText, tone);
    tinted.setColor(QPalette::Active, QPalette::Window, tone);
    const QString icon = m_isProblem ? QStringLiteral("error") : QStringLiteral("info");
    m_icon->setPixmap(themedIcon(icon, tinted).pixmap(16));
    m_close->setIcon(themedIcon(QStringLiteral("close"), colors));
}

} // namespace lora::ui
