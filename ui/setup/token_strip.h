#pragma once

#include <QWidget>

#include <string>
#include <vector>

class QLabel;

namespace lora::ui {

/// What the model sees of one row: its tokens, special ones muted, those beyond max_length struck out.
class TokenStrip : public QWidget
{
    Q_OBJECT

public:
    explicit TokenStrip(QWidget* parent = nullptr);

    void setTokens(const std::vector<std::string>& tokens);
    void setCutoff(int maxLength);
    QString html() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    void refresh();

    QLabel* m_label;
    std::vector<std::string> m_tokens;
    int m_cutoff = 128;
};

} // namespace lora::ui
