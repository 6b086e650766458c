#include "ui/try/marked_text.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QEvent>
#include <QScrollBar>
#include <QTextCursor>

#include <algorithm>
#include <array>

namespace lora::ui {

QString entityKind(const std::string& label)
{
    const QString text = qstr(label);
    if (text == QStringLiteral("O"))
        return {};
    const bool hasPrefix =
        text.size() > 2 && text[1] == u'-' && QStringLiteral("BIESLU").contains(text[0].toUpper());
    return hasPrefix ? text.mid(2) : text;
}

std::vector<QString> entityKinds(const std::vector<std::string>& labels)
{
    std::vector<QString> kinds;
    for (const std::string& label : labels) {
        const QString kind = entityKind(label);
        if (!kind.isEmpty() && std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
            kinds.push_back(kind);
    }
    return kinds;
}

QColor entityColor(int kind, const QPalette& palette)
{
    static constexpr std::array<QRgb, 7> kColors{0xff56b4e9, 0xffe69f00, 0xff009e73, 0xffcc79a7,
                                                 0xffd55e00, 0xfff0e442, 0xff0072b2};
    const QColor color(kColors[static_cast<std::size_t>(std::max(0, kind)) % kColors.size()]);
    return mixed(color, palette.color(QPalette::Base), isDark(palette) ? 0.5 : 0.55);
}

MarkedText::MarkedText(QWidget* parent)
    : QTextEdit(parent)
{
    setReadOnly(true);
    setFrameShape(QFrame::NoFrame);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    document()->setDocumentMargin(0);
    setFont(readingFont(font()));
    viewport()->setAutoFillBackground(false);
}

void MarkedText::setMarks(const QString& text, const std::vector<TextMark>& marks,
                          const std::vector<QString>& kinds)
{
    m_text = text;
    m_kinds = kinds;
    m_marks = marks;
    std::stable_sort(m_marks.begin(), m_marks.end(),
                     [](const TextMark& a, const TextMark& b) { return a.begin < b.begin; });
    int end = 0;
    std::erase_if(m_marks, [&](const TextMark& mark) {
        const bool isWrong = mark.begin < end || mark.end <= mark.begin || mark.end > text.size();
        if (!isWrong)
            end = mark.end;
        return isWrong;
    });
    m_shown.clear();
    for (const QString& kind : kinds) {
        const bool isThere = std::any_of(m_marks.begin(), m_marks.end(), [&](const TextMark& mark) {
            return entityKind(mark.label) == kind;
        });
        if (isThere)
            m_shown.push_back(kind);
    }
    refresh();
}

void MarkedText::insertMark(QTextCursor& cursor, const TextMark& mark)
{
    const QString kind = entityKind(mark.label);
    const auto found = std::find(m_kinds.begin(), m_kinds.end(), kind);
    const QColor color =
        entityColor(found == m_kinds.end() ? 0 : static_cast<int>(found - m_kinds.begin()), palette());
    QTextCharFormat words;
    words.setBackground(color);
    words.setForeground(textOn(color));
    words.setToolTip(mark.score > 0 ? tr("%1, probability %2").arg(kind, qPercent(mark.score)) : kind);
    cursor.insertText(m_text.mid(mark.begin, mark.end - mark.begin), words);
    if (kind.isEmpty())
        return;
    QTextCharFormat label = words;
    label.setFontPointSize(smallFont(font()).pointSizeF() * 0.9);
    label.setFontWeight(QFont::Bold);
    label.setForeground(mixed(textOn(color), color, 0.3));
    cursor.insertText(QChar(QChar::Nbsp) + kind, label);
}

void MarkedText::refresh()
{
    const int scrolled = verticalScrollBar()->value();
    clear();
    QTextCursor cursor = textCursor();
    const QTextCharFormat plain;
    int position = 0;
    for (const TextMark& mark : m_marks) {
        cursor.insertText(m_text.mid(position, mark.begin - position), plain);
        insertMark(cursor, mark);
        position = mark.end;
    }
    cursor.insertText(m_text.mid(position), plain);
    // Backgrounds of neighbouring lines must not touch.
    cursor.select(QTextCursor::Document);
    QTextBlockFormat lines;
    lines.setLineHeight(150, QTextBlockFormat::ProportionalHeight);
    cursor.mergeBlockFormat(lines);
    verticalScrollBar()->setValue(scrolled);
}

void MarkedText::changeEvent(QEvent* event)
{
    QTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && !m_text.isEmpty())
        refresh();
}

} // namespace lora::ui
