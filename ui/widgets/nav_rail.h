#pragma once

#include <QActionGroup>
#include <QWidget>

#include <vector>

class QToolButton;
class QVBoxLayout;

namespace lora::ui {

/// The column of page buttons at the window's left.
class NavRail : public QWidget
{
    Q_OBJECT

public:
    explicit NavRail(QWidget* parent = nullptr);

    /// Adds a page; returns its action, for menu and shortcut.
    QAction* addPage(const QString& title, const QString& icon, const QKeySequence& shortcut);
    void setCurrent(int index);

signals:
    void pageChosen(int index);

protected:
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void applyIcons();

    QVBoxLayout* m_layout;
    QActionGroup* m_group;
    std::vector<QString> m_icons;
};

} // namespace lora::ui
