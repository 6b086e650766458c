#pragma once

#include "ui/try/try_values.h"

#include <QColor>
#include <QString>
#include <QTextEdit>

#include <vector>

namespace lora::ui {

/// The kind of thing an entity label names: "B-PER" and "I-PER" are both "PER"; "O" is nothing.
QString entityKind(const std::string& label);
/// The kinds among `labels`, each once, in their order.
std::vector<QString> entityKinds(const std::vector<std::string>& labels);
/// Background of the n-th kind: Okabe and Ito's colours, pale enough to read on.
QColor entityColor(int kind, const QPalette& palette);

/// A text with parts of it marked. Each mark says its label behind its words, so that colour is not needed to
/// tell them apart.
class MarkedText : public QTextEdit
{
    Q_OBJECT

public:
    explicit MarkedText(QWidget* parent = nullptr);

    /// `kinds` decides the colours. Marks out of the text or over each other are left out.
    void setMarks(const QString& text, const std::vector<TextMark>& marks, const std::vector<QString>& kinds);
    /// Kinds in the present text, in order of `kinds`.
    const std::vector<QString>& shownKinds() const { return m_shown; }

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();
    void insertMark(QTextCursor& cursor, const TextMark& mark);

    QString m_text;
    std::vector<TextMark> m_marks;
    std::vector<QString> m_kinds;
    std::vector<QString> m_shown;
};

} // namespace lora::ui
