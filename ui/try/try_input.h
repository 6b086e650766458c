#pragma once

#include "ui/try/try_values.h"

#include <QWidget>

class QComboBox;
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
    /// What a continuation is shown behind.
    QString prompt() const;
    /// Of a prompt; plain for every task but causal-lm.
    PromptStyle style() const;
    void setTexts(const QString& text, const QString& pair);
    /// Whether there is enough to ask.
    bool isComplete() const;
    QPlainTextEdit* textField() const { return m_text; }
    QPlainTextEdit* pairField() const { return m_pair; }
    QComboBox* styleField() const { return m_style; }

signals:
    void edited();
    void submitted(); ///< Ctrl+Return

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void setFields(const QString& text, const QString& textHint, const QString& pair,
                   const QString& pairHint);
    void createStyles();
    void refreshPrompt();
    static void setLines(QPlainTextEdit* field, int lines);

    TryModel m_model;
    QComboBox* m_style;
    QLabel* m_styleLabel;
    QLabel* m_textLabel;
    QLabel* m_pairLabel;
    QPlainTextEdit* m_text;
    QPlainTextEdit* m_pair;
    QPushButton* m_insertMask;
};

} // namespace lora::ui
