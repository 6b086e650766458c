#pragma once

#include <QFrame>

class QLabel;
class QTimer;
class QToolButton;

namespace lora::ui {

/// One line at the window's bottom: a problem with its remedy, until dismissed, or a notice, for a while.
class MessageStrip : public QFrame
{
    Q_OBJECT

public:
    explicit MessageStrip(QWidget* parent = nullptr);

    void showProblem(const QString& what, const QString& hint);
    void showNotice(const QString& text);
    void dismiss();
    QString text() const;
    bool isProblem() const { return m_isProblem; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void applyColors();

    QLabel* m_icon;
    QLabel* m_text;
    QToolButton* m_close;
    QTimer* m_timer;
    bool m_isProblem = false;
};

} // namespace lora::ui
