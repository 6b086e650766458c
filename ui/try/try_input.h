#pragma once

#include "ui/try/try_values.h"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace lora::ui {

/// The text a model is tried on, with the fields its task has.
class TryInput : public QWidget
{
    Q_OBJECT

public:
    explicit TryInput(QWidget* parent = nullptr);

    void setModel(const TryModel& model);
    QString text() const;
    QString pair() const;
    void setTexts(const QString& text, const QString& pair);
    /// Whether there is enough to ask.
    bool isComplete() const;
    QPlainTextEdit* textField() const { return m_text; }
    QPlainTextEdit* pairField() const { return m_pair; }

signals:
    void edited();
    void submitted(); ///< Ctrl+Return

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void setFields(const QString& text, const QString& textHint, const QString& pair,
                   const QString& pairHint);
    static void setLines(QPlainTextEdit* field, int lines);

    TryModel m_model;
    QLabel* m_textLabel;
    QLabel* m_pairLabel;
    QPlainTextEdit* m_text;
    QPlainTextEdit* m_pair;
    QPushButton* m_insertMask;
};

} // namespace lora::ui
