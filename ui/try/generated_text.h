#pragma once

#include <QTextEdit>

namespace lora::ui {

/// A prompt, muted, and its continuation as it comes. Follows the end unless the reader scrolled away.
class GeneratedText : public QTextEdit
{
    Q_OBJECT

public:
    explicit GeneratedText(QWidget* parent = nullptr);

    /// Starts afresh.
    void setPrompt(const QString& prompt);
    void append(const QString& text);
    const QString& continuation() const { return m_continuation; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void insert(const QString& text, const QColor& color);

    QString m_prompt;
    QString m_continuation;
};

} // namespace lora::ui
