#include "ui/widgets/nav_rail.h"

#include "ui/theme/theme.h"

#include <QAction>
#include <QEvent>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

namespace lora::ui {

namespace {

/// A flat button: the current page is tinted, not pressed in.
class RailButton : public QToolButton
{
public:
    using QToolButton::QToolButton;

protected:
    void paintEvent(QPaintEvent*) override
    {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        if (isChecked() || underMouse() || hasFocus()) {
            painter.setPen(hasFocus() ? QPen(accentColor(palette()), 1) : QPen(Qt::NoPen));
            painter.setBrush(isChecked() ? trackColor(palette()) : Qt::transparent);
            painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4);
        }
        const int side = iconSize().width();
        const int line = fontMetrics().height();
        const int top = (height() - side - line - 4) / 2;
        icon().paint(&painter, QRect((width() - side) / 2, top, side, side), Qt::AlignCenter, QIcon::Normal,
                     isChecked() ? QIcon::On : QIcon::Off);
        painter.setPen(isChecked() ? accentColor(palette()) : palette().color(QPalette::WindowText));
        painter.drawText(QRect(0, top + side + 4, width(), line), Qt::AlignCenter, text());
    }
};

} // namespace

NavRail::NavRail(QWidget* parent)
    : QWidget(parent)
    , m_layout(new QVBoxLayout(this))
    , m_group(new QActionGroup(this))
{
    m_layout->setContentsMargins(kGrid / 2, kGrid, kGrid / 2, kGrid);
    m_layout->setSpacing(kGrid / 2);
    m_layout->addStretch(1);
    setAccessibleName(tr("Pages"));
}

QAction* NavRail::addPage(const QString& title, const QString& icon, const QKeySequence& shortcut)
{
    const int index = static_cast<int>(m_icons.size());
    auto* action = m_group->addAction(title);
    action->setCheckable(true);
    action->setShortcut(shortcut);
    action->setToolTip(tr("%1 (%2)").arg(title, shortcut.toString(QKeySequence::NativeText)));
    auto* button = new RailButton(this);
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setIconSize(QSize(24, 24));
    button->setFocusPolicy(Qt::TabFocus);
    button->setMinimumSize(9 * kGrid, 7 * kGrid);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_layout->insertWidget(index, button);
    m_icons.push_back(icon);
    connect(action, &QAction::triggered, this, [this, index] { emit pageChosen(index); });
    applyIcons();
    return action;
}

void NavRail::setCurrent(int index)
{
    m_group->actions().at(index)->setChecked(true);
}

void NavRail::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        applyIcons();
}

void NavRail::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(faintLine(palette()));
    painter.drawLine(rect().topRight(), rect().bottomRight());
}

void NavRail::applyIcons()
{
    for (std::size_t i = 0; i < m_icons.size(); ++i)
        m_group->actions().at(static_cast<int>(i))->setIcon(themedIcon(m_icons[i], palette()));
}

} // namespace lora::ui
