#include "ui/widgets/nav_rail.h"

#include "ui/theme/theme.h"

#include <QAction>
#include <QEvent>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

namespace lora::ui {

NavRail::NavRail(QWidget* parent) : QWidget(parent), m_layout(new QVBoxLayout(this)), m_group(new QActionGroup(this))
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
    auto* button = new QToolButton(this);
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonTextUnderIcon);
    button->setIconSize(QSize(24, 24));
    button->setAutoRaise(true);
    button->setMinimumSize(9 * kGrid, 7 * kGrid);
    button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_layout->insertWidget(index, button);
    m_icons.push_back(icon);
    connect(action, &QAction::triggered, this, [this, index] { emit pageChosen(index); });
    applyIcons();
    return action;
}

void NavRail::setCurrent(int index) { m_group->actions().at(index)->setChecked(true); }

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
