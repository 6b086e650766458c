#pragma once

#include <QLayout>

#include <vector>

namespace lora::ui {

/// Widgets side by side at their own size, wrapped into as many lines as the width asks for.
class FlowLayout : public QLayout
{
public:
    explicit FlowLayout(int spacing, QWidget* parent = nullptr);
    ~FlowLayout() override;

    void insertWidget(int index, QWidget* widget);

    void addItem(QLayoutItem* item) override;
    int count() const override { return static_cast<int>(m_items.size()); }
    QLayoutItem* itemAt(int index) const override;
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return {}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return minimumSize(); }
    QSize minimumSize() const override;
    void setGeometry(const QRect& rect) override;

private:
    enum class Effect { MeasureOnly, Move };
    int arrange(const QRect& rect, Effect effect) const;

    std::vector<QLayoutItem*> m_items;
};

} // namespace lora::ui
