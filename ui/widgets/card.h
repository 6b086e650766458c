#pragma once

#include <QWidget>

class QHBoxLayout;
class QLabel;
class QVBoxLayout;

namespace lora::ui {

/// A heading and what belongs under it. Space and alignment set it apart; there is no frame.
class Card : public QWidget
{
    Q_OBJECT

public:
    explicit Card(const QString& heading, QWidget* parent = nullptr);

    QVBoxLayout* body() const { return m_body; }
    /// A small widget at the heading's right.
    void addToHeading(QWidget* widget);

private:
    QHBoxLayout* m_headingRow;
    QVBoxLayout* m_body;
};

/// A word-wrapped label in the muted colour and small font, following palette changes.
class MutedLabel : public QWidget
{
    Q_OBJECT

public:
    enum class Tone { Muted, Warning, Problem };

    explicit MutedLabel(const QString& text = {}, QWidget* parent = nullptr);

    void setText(const QString& text, Tone tone = Tone::Muted);
    QString text() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    void applyColor();

    QLabel* m_label;
    Tone m_tone = Tone::Muted;
};

} // namespace lora::ui
