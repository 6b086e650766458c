#pragma once

#include "core/config/experiment_config.h"
#include "ui/setup/module_grid.h"

#include <QWidget>

#include <optional>

namespace lora::ui {

/// The model's linear modules as a map to paint adapters on: a cell's text is its rank, its colour its share
/// of the trainable parameters. Click, drag, Shift for ranges, headers for whole rows and columns; arrow
/// keys, Space and Shift do the same. The line shows where the backward pass may stop; dragging it moves the
/// lowest adapted block.
class LayerMap : public QWidget
{
    Q_OBJECT

public:
    explicit LayerMap(QWidget* parent = nullptr);

    void setModel(const ModelSummary& model);
    /// Ranks and method as configured; painting works for LoRA only.
    void setTargets(const TargetRanks& ranks, const MethodConfig& method);
    /// Rank that painting gives.
    void setBrush(int rank) { m_brush = rank; }
    void applyPreset(TargetPreset preset, const QString& label);

    const ModuleGrid& grid() const { return m_grid; }
    const TargetRanks& ranks() const { return m_ranks; }
    /// Centre of a cell and of headers, in widget coordinates; for tests and assistive tools.
    QPoint cellCenter(int row, int column) const;
    QPoint columnHeaderCenter(int column) const;
    QPoint rowHeaderCenter(int row) const;
    /// First row the backward pass does not reach; rows().size() when it runs to the embeddings.
    int backwardStopRow() const;
    QPoint backwardLineCenter() const;
    QString describe(int row, int column) const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

signals:
    /// The user changed the ranks; calls of one stroke share `strokeKey`.
    void ranksEdited(const lora::ui::TargetRanks& ranks, const QString& label, const QString& strokeKey);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool event(QEvent* event) override;
    void changeEvent(QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

private:
    struct Cell
    {
        int row = 0;
        int column = 0;
        bool operator==(const Cell&) const = default;
    };
    enum class Stroke { None, Paint, Erase, Line };

    // Geometry
    void measure();
    int naturalWidth() const;
    int rowHeight() const;
    int rowTop(int row) const;
    QRect cellRect(int row, int column) const;
    std::optional<Cell> cellAt(const QPoint& point) const;
    int columnHeaderAt(const QPoint& point) const;
    int rowHeaderAt(const QPoint& point) const;
    bool isNearLine(const QPoint& point) const;

    // Painting
    void paintHeaders(QPainter& painter) const;
    void paintRow(QPainter& painter, int row, std::int64_t largest) const;
    void paintCell(QPainter& painter, int row, int column, std::int64_t largest) const;
    void paintSeams(QPainter& painter, const QRect& area, int parts) const;
    void paintOutside(QPainter& painter, int row, std::int64_t largest) const;
    void paintBackwardLine(QPainter& painter) const;
    void paintCurrent(QPainter& painter) const;
    std::int64_t trainedParameters(int module) const;
    QString cellText(int module) const;
    bool isWhole(int module) const;
    QString rowText(int block) const;
    QString rowHeading() const;
    QString wholeNote(const ModuleInfo& module) const;

    // Editing
    bool isEditable() const;
    bool canAdapt(int module) const;
    std::vector<int> modulesBetween(const Cell& from, const Cell& to) const;
    void setAdapted(const std::vector<int>& modules, bool isAdapted, const QString& label);
    void toggle(const std::vector<int>& modules, const QString& label);
    void paintOver(const Cell& cell);
    void dragLine(int y);
    void moveCurrent(int rows, int columns, bool extends);
    void setCurrent(const Cell& cell);
    void announce();

    ModuleGrid m_grid;
    TargetRanks m_ranks;
    MethodConfig m_method;
    int m_brush = 8;
    Cell m_current;
    Cell m_anchor;
    Stroke m_stroke = Stroke::None;
    int m_strokeCount = 0;
    std::vector<int> m_columnLefts; ///< one more than columns: the last is the right edge
    std::vector<QString> m_columnTexts;
    std::vector<int> m_columnWidths; ///< at least
    int m_layersPerBlock = 1;        ///< above 1 where layers share weights
    int m_headerHeight = 0;
    int m_rowHeaderWidth = 0;
    int m_lineLabelWidth = 0;
};

} // namespace lora::ui
