#pragma once

#include <QFrame>

#include <functional>

class QLabel;
class QPushButton;
class QTimer;
class QToolButton;

namespace lora::ui {

/// One line at the window's bottom: a problem with its remedy or an offer, until dismissed, or a notice, for
/// a while.
class MessageStrip : public QFrame
{
    Q_OBJECT

public:
    explicit MessageStrip(QWidget* parent = nullptr);

    void showProblem(const QString& what, const QString& hint);
    void showNotice(const QString& text);
    /// A notice that stays and offers one thing to do about it.
    void showOffer(const QString& text, const QString& actionText, std::function<void()> action);
    void dismiss();
    QString text() const;
    bool isProblem() const { return m_isProblem; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void applyColors();
    void present(const QString& text, bool isProblem);

    QLabel* m_icon;
    QLabel* m_text;
    QPushButton* m_action;
    QToolButton* m_close;
    std::function<void()> m_do;
    QTimer* m_timer;
    bool m_isProblem = false;
};

} // namespace lora::ui
