#pragma once

#include <QString>
#include <QWidget>

#include <functional>
#include <vector>

class QLineEdit;
class QToolButton;

namespace lora::ui {

/// Entries of a list to switch on and off, and a field to add more. Each has a key that tells it apart.
/// Space toggles the chip with the focus, the arrow keys move it.
class ChipRow : public QWidget
{
    Q_OBJECT

public:
    struct Chip
    {
        QString key;
        QString text;
        QString why; ///< tooltip

        bool operator==(const Chip&) const = default;
    };
    /// What was typed as a chip, or one without a key where it is none.
    using Reader = std::function<Chip(const QString&)>;

    explicit ChipRow(QWidget* parent = nullptr);

    /// Lets people add chips, which come checked; `placeholder` says what can be typed.
    void setReader(Reader reader, const QString& placeholder, const QString& why);
    /// Replaces the chips; those whose keys are in `checked` are on.
    void setChips(const std::vector<Chip>& chips, const QStringList& checked);
    const std::vector<Chip>& chips() const { return m_chips; }
    QStringList checked() const;
    QToolButton* button(const QString& key) const;
    QLineEdit* field() const { return m_field; }

signals:
    /// By the user.
    void checkedChanged(const QStringList& keys);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    void addTyped();
    void insert(const Chip& chip, bool isChecked);
    void applyColors(QToolButton* button);

    std::vector<Chip> m_chips;
    std::vector<QToolButton*> m_buttons; ///< [chip]
    QLineEdit* m_field = nullptr;
    Reader m_reader;
};

} // namespace lora::ui
