#pragma once

#include <QPushButton>

namespace lora::ui {

/// The one next action of a page: a push button in the accent colour, native otherwise.
class AccentButton : public QPushButton
{
    Q_OBJECT

public:
    explicit AccentButton(const QString& text, QWidget* parent = nullptr);

protected:
    void changeEvent(QEvent* event) override;

private:
    void applyColor();

    bool m_isApplying = false;
};

} // namespace lora::ui
