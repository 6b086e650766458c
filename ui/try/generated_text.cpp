#include "ui/try/generated_text.h"

#include "ui/theme/theme.h"

#include <QEvent>
#include <QScrollBar>

namespace lora::ui {

GeneratedText::GeneratedText(QWidget* parent)
    : QTextEdit(parent)
{
    setReadOnly(true);
    setFrameShape(QFrame::NoFrame);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    setUndoRedoEnabled(false);
    document()->setDocumentMargin(0);
    setFont(readingFont(font()));
    viewport()->setAutoFillBackground(false);
}

void GeneratedText::setPrompt(const QString& prompt)
{
    clear();
    m_prompt = prompt;
    m_continuation.clear();
    insert(prompt, mutedText(palette()));
}

void GeneratedText::append(const QString& text)
{
    m_continuation += text;
    insert(text, palette().color(QPalette::Text));
}

void GeneratedText::insert(const QString& text, const QColor& color)
{
    QScrollBar* bar = verticalScrollBar();
    const bool isAtEnd = bar->value() >= bar->maximum() - 2;
    QTextCursor cursor(document());
    cursor.movePosition(QTextCursor::End);
    QTextCharFormat format;
    format.setForeground(color);
    cursor.insertText(text, format);
    if (isAtEnd)
        bar->setValue(bar->maximum());
}

void GeneratedText::changeEvent(QEvent* event)
{
    QTextEdit::changeEvent(event);
    if (event->type() != QEvent::PaletteChange)
        return;
    const QString continuation = m_continuation;
    setPrompt(m_prompt);
    append(continuation);
}

} // namespace lora::ui
