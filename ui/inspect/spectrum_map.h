#pragma once

#include "ui/inspect/inspect_values.h"
#include "ui/setup/module_grid.h"

#include <QWidget>

#include <optional>

namespace lora::ui {

/// A model's linear modules, blocks by kinds of module as on the layer map of Setup: a cell's text and colour
/// are how many directions its change uses, how large it is, or how far another run learned the same
/// directions. Click or arrow keys choose a module.
class SpectrumMap : public QWidget
{
    Q_OBJECT

public:
    enum class Quantity { EffectiveRank, RelativeChange, SharedDirections };

    explicit SpectrumMap(QWidget* parent = nullptr);

    /// Chooses the module that changed most.
    void setModules(std::vector<InspectedModule> modules);
    void setQuantity(Quantity quantity);
    /// What another run shares with this one; empty: nothing to say. Forgotten with other modules.
    void setShared(std::vector<SharedDirections> shared);
    const std::vector<InspectedModule>& modules() const { return m_modules; }
    int current() const { return m_current; } ///< index of the chosen module; -1: none
    void setCurrent(int module);
    QRect cellOf(int module) const;
    QString cellText(int module) const;
    QString describe(int module) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

signals:
    void currentChanged(int module);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    void measure();
    int rowHeight() const;
    int rowTop(int row) const;
    int moduleAtPoint(const QPoint& point) const;
    QRect cellRect(int row, int column) const;
    const SharedDirections* sharedOf(int module) const;
    bool hasValue(int module) const;
    double valueOf(int module) const;
    double largestValue() const;
    void paintCell(QPainter& painter, int row, int column, double largest) const;
    void move(int rows, int columns);

    std::vector<InspectedModule> m_modules;
    std::vector<SharedDirections> m_shared;
    ModuleGrid m_grid;
    Quantity m_quantity = Quantity::EffectiveRank;
    int m_current = -1;
    std::vector<int> m_lefts; ///< one more than columns
    std::vector<QString> m_columnTexts;
    std::vector<int> m_widths;
    int m_headerHeight = 0;
    int m_rowHeaderWidth = 0;
};

} // namespace lora::ui
