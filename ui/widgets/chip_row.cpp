#include "ui/widgets/chip_row.h"

#include "ui/theme/theme.h"
#include "ui/widgets/flow_layout.h"

#include <QEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QToolButton>

#include <algorithm>

namespace lora::ui {

ChipRow::ChipRow(QWidget* parent)
    : QWidget(parent)
{
    new FlowLayout(kGrid / 2, this);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void ChipRow::setReader(Reader reader, const QString& placeholder, const QString& why)
{
    m_reader = std::move(reader);
    m_field = new QLineEdit(this);
    m_field->setPlaceholderText(placeholder);
    m_field->setToolTip(why);
    m_field->setAccessibleName(why);
    m_field->setFixedWidth(fontMetrics().horizontalAdvance(placeholder) + 4 * kGrid);
    layout()->addWidget(m_field);
    connect(m_field, &QLineEdit::returnPressed, this, &ChipRow::addTyped);
    connect(m_field, &QLineEdit::editingFinished, this, &ChipRow::addTyped);
}

void ChipRow::setChips(const std::vector<Chip>& chips, const QStringList& checked)
{
    if (chips == m_chips && checked == this->checked())
        return;
    for (QToolButton* button : m_buttons)
        delete button;
    m_buttons.clear();
    m_chips.clear();
    for (const Chip& chip : chips)
        insert(chip, checked.contains(chip.key));
    updateGeometry();
}

void ChipRow::insert(const Chip& chip, bool isChecked)
{
    auto* button = new QToolButton(this);
    button->setText(chip.text);
    button->setToolTip(chip.why);
    button->setCheckable(true);
    button->setChecked(isChecked);
    button->setFocusPolicy(Qt::StrongFocus);
    button->installEventFilter(this);
    connect(button, &QToolButton::toggled, this, [this, button] {
        applyColors(button);
        emit checkedChanged(checked());
    });
    applyColors(button);
    static_cast<FlowLayout*>(layout())->insertWidget(static_cast<int>(m_buttons.size()), button);
    if (!m_buttons.empty())
        setTabOrder(m_buttons.back(), button);
    if (m_field)
        setTabOrder(button, m_field);
    m_chips.push_back(chip);
    m_buttons.push_back(button);
    button->show();
}

/// A switched-on chip is told by its fill as well as by the style's pressed look.
void ChipRow::applyColors(QToolButton* button)
{
    QPalette colors = palette();
    if (button->isChecked()) {
        const QColor fill = mixed(colors.color(QPalette::Button), accentColor(colors), 0.28);
        colors.setColor(QPalette::Button, fill);
        colors.setColor(QPalette::ButtonText, colors.color(QPalette::WindowText));
    } else {
        colors.setColor(QPalette::ButtonText, mutedText(colors));
    }
    button->setPalette(colors);
}

QStringList ChipRow::checked() const
{
    QStringList keys;
    for (std::size_t i = 0; i < m_chips.size(); ++i)
        if (m_buttons[i]->isChecked())
            keys += m_chips[i].key;
    return keys;
}

QToolButton* ChipRow::button(const QString& key) const
{
    for (std::size_t i = 0; i < m_chips.size(); ++i)
        if (m_chips[i].key == key)
            return m_buttons[i];
    return nullptr;
}

/// Also when the focus leaves: what was typed is meant.
void ChipRow::addTyped()
{
    const QString text = m_field->text().trimmed();
    if (text.isEmpty())
        return;
    const Chip chip = m_reader(text);
    if (chip.key.isEmpty())
        return m_field->selectAll();
    m_field->clear();
    if (QToolButton* known = button(chip.key))
        return known->setChecked(true);
    insert(chip, true);
    updateGeometry();
    emit checkedChanged(checked());
}

bool ChipRow::eventFilter(QObject* watched, QEvent* event)
{
    if (event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const auto found = std::ranges::find(m_buttons, watched, [](QToolButton* b) -> QObject* { return b; });
    const int key = static_cast<QKeyEvent*>(event)->key();
    const std::ptrdiff_t step = key == Qt::Key_Right ? 1 : key == Qt::Key_Left ? -1 : 0;
    if (found == m_buttons.end() || step == 0)
        return QWidget::eventFilter(watched, event);
    const std::ptrdiff_t next = found - m_buttons.begin() + step;
    if (next >= 0 && next < static_cast<std::ptrdiff_t>(m_buttons.size()))
        m_buttons[static_cast<std::size_t>(next)]->setFocus(Qt::TabFocusReason);
    return true;
}

void ChipRow::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        for (QToolButton* button : m_buttons)
            applyColors(button);
}

} // namespace lora::ui
