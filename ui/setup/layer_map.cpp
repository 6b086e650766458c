#include "ui/setup/layer_map.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QAccessible>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>

namespace lora::ui {

LayerMap::LayerMap(QWidget* parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Layer map"));
    setFont(smallFont(font()));
    measure();
}

void LayerMap::setModel(const ModelSummary& model)
{
    m_grid = ModuleGrid(model.modules);
    m_ranks.assign(model.modules.size(), 0);
    const std::int64_t blocks = std::max(1, m_grid.blockCount());
    m_layersPerBlock = static_cast<int>(std::max<std::int64_t>(1, model.numLayers / blocks));
    m_current = m_anchor = {};
    measure();
    updateGeometry();
    update();
}

void LayerMap::setTargets(const TargetRanks& ranks, const MethodConfig& method)
{
    m_ranks = ranks;
    m_ranks.resize(m_grid.modules().size(), 0);
    m_method = method;
    announce();
    update();
}

void LayerMap::applyPreset(TargetPreset preset, const QString& label)
{
    if (m_grid.empty())
        return;
    emit ranksEdited(presetTargets(preset, m_grid, m_ranks, m_method.lora), label, {});
}

bool LayerMap::isEditable() const
{
    return m_method.type == MethodType::Lora && !m_grid.empty();
}

bool LayerMap::canAdapt(int module) const
{
    return module >= 0 && !isTrainedWhole(m_grid.modules()[module], m_method.lora);
}

/// Trained with all its weights, by the method, as a head or by modules_to_save.
bool LayerMap::isWhole(int index) const
{
    const ModuleInfo& module = m_grid.modules()[index];
    return m_method.type == MethodType::Full || isTrainedWhole(module, m_method.lora) ||
           (m_method.type == MethodType::Head && module.isHead);
}

int LayerMap::backwardStopRow() const
{
    const int rows = static_cast<int>(m_grid.rows().size());
    const bool reachesEmbeddings = m_method.type == MethodType::Full ||
                                   (m_method.type == MethodType::Lora && m_method.lora.bias == "all");
    if (reachesEmbeddings)
        return rows;
    for (int row = rows - 1; row >= 0; --row) {
        for (int column = 0; column < std::max<int>(1, static_cast<int>(m_grid.columns().size())); ++column) {
            const int module = m_grid.moduleAt(row, column);
            if (module >= 0 && trainedParameters(module) > 0)
                return row + 1;
        }
    }
    return 0;
}

std::int64_t LayerMap::trainedParameters(int index) const
{
    const ModuleInfo& module = m_grid.modules()[index];
    if (isWhole(index))
        return module.inFeatures * module.outFeatures + module.outFeatures;
    return m_method.type == MethodType::Lora ? adapterParameters(module, m_ranks[index]) : 0;
}

std::vector<int> LayerMap::modulesBetween(const Cell& from, const Cell& to) const
{
    std::vector<int> modules;
    for (int row = std::min(from.row, to.row); row <= std::max(from.row, to.row); ++row) {
        for (int column = std::min(from.column, to.column); column <= std::max(from.column, to.column);
             ++column) {
            const int module = m_grid.moduleAt(row, column);
            if (canAdapt(module) && std::find(modules.begin(), modules.end(), module) == modules.end())
                modules.push_back(module);
        }
    }
    return modules;
}

void LayerMap::setAdapted(const std::vector<int>& modules, bool isAdapted, const QString& label)
{
    TargetRanks ranks = m_ranks;
    for (const int module : modules) {
        if (canAdapt(module))
            ranks[module] = isAdapted ? m_brush : 0;
    }
    if (ranks == m_ranks)
        return;
    m_ranks = ranks;
    update();
    const QString key = m_stroke == Stroke::None ? QString() : QStringLiteral("stroke-%1").arg(m_strokeCount);
    emit ranksEdited(ranks, label, key);
}

void LayerMap::toggle(const std::vector<int>& modules, const QString& label)
{
    const bool isAllOn =
        std::all_of(modules.begin(), modules.end(), [this](int m) { return m_ranks[m] == m_brush; });
    setAdapted(modules, !isAllOn, label);
}

void LayerMap::paintOver(const Cell& cell)
{
    const int module = m_grid.moduleAt(cell.row, cell.column);
    if (canAdapt(module))
        setAdapted({module}, m_stroke == Stroke::Paint, tr("Paint layers"));
}

void LayerMap::dragLine(int y)
{
    int stop = 0;
    const int rows = static_cast<int>(m_grid.rows().size());
    while (stop < rows && y > rowTop(stop) + rowHeight() / 2)
        ++stop;
    const int current = backwardStopRow();
    if (stop == current)
        return;
    TargetRanks ranks = m_ranks;
    const int columns = static_cast<int>(m_grid.columns().size());
    // Down: the rows now reached repeat the lowest adapted one. Up: rows left behind lose their adapters.
    for (int row = std::min(stop, current); row < std::max(stop, current); ++row) {
        for (int column = 0; column < columns; ++column) {
            const int module = m_grid.moduleAt(row, column);
            const int above = current > 0 && m_grid.rows()[current - 1].block >= 0
                                  ? m_grid.moduleAt(current - 1, column)
                                  : -1;
            if (!canAdapt(module) || m_grid.rows()[row].block < 0)
                continue;
            ranks[module] = stop < current ? 0 : (above >= 0 ? m_ranks[above] : m_brush);
        }
    }
    if (ranks == m_ranks)
        return;
    m_ranks = ranks;
    update();
    emit ranksEdited(ranks, tr("Move the end of backward"), QStringLiteral("stroke-%1").arg(m_strokeCount));
}

void LayerMap::mousePressEvent(QMouseEvent* event)
{
    if (event->button() != Qt::LeftButton || !isEditable())
        return;
    const QPoint point = event->position().toPoint();
    ++m_strokeCount;
    if (isNearLine(point)) {
        m_stroke = Stroke::Line;
        return;
    }
    if (const int column = columnHeaderAt(point); column >= 0) {
        const int rows = static_cast<int>(m_grid.rows().size());
        std::vector<int> modules;
        for (int row = 0; row < rows; ++row) {
            if (m_grid.rows()[row].block >= 0 && canAdapt(m_grid.moduleAt(row, column)))
                modules.push_back(m_grid.moduleAt(row, column));
        }
        return toggle(modules, tr("Toggle a column"));
    }
    if (const int row = rowHeaderAt(point); row >= 0) {
        const int last = static_cast<int>(m_grid.columns().size()) - 1;
        return toggle(modulesBetween({row, 0}, {row, last}), tr("Toggle a block"));
    }
    const auto cell = cellAt(point);
    if (!cell)
        return;
    if (event->modifiers() & Qt::ShiftModifier) {
        toggle(modulesBetween(m_anchor, *cell), tr("Toggle a range"));
        setCurrent(*cell);
        return;
    }
    const int module = m_grid.moduleAt(cell->row, cell->column);
    m_anchor = *cell;
    setCurrent(*cell);
    if (!canAdapt(module))
        return;
    m_stroke = m_ranks[module] == m_brush ? Stroke::Erase : Stroke::Paint;
    paintOver(*cell);
}

void LayerMap::mouseMoveEvent(QMouseEvent* event)
{
    const QPoint point = event->position().toPoint();
    if (m_stroke == Stroke::Line)
        return dragLine(point.y());
    if (m_stroke != Stroke::None) {
        if (const auto cell = cellAt(point)) {
            paintOver(*cell);
            setCurrent(*cell);
        }
        return;
    }
    if (!isEditable())
        return setCursor(Qt::ArrowCursor);
    const bool isHeader = columnHeaderAt(point) >= 0 || rowHeaderAt(point) >= 0;
    setCursor(isNearLine(point) ? Qt::SplitVCursor : (isHeader ? Qt::PointingHandCursor : Qt::ArrowCursor));
}

void LayerMap::mouseReleaseEvent(QMouseEvent*)
{
    m_stroke = Stroke::None;
}

void LayerMap::leaveEvent(QEvent*)
{
    unsetCursor();
}

void LayerMap::moveCurrent(int rows, int columns, bool extends)
{
    const int lastRow = static_cast<int>(m_grid.rows().size()) - 1;
    const int lastColumn = std::max(0, static_cast<int>(m_grid.columns().size()) - 1);
    const Cell next{std::clamp(m_current.row + rows, 0, lastRow),
                    std::clamp(m_current.column + columns, 0, lastColumn)};
    if (!extends)
        m_anchor = next;
    setCurrent(next);
}

void LayerMap::keyPressEvent(QKeyEvent* event)
{
    if (m_grid.empty())
        return QWidget::keyPressEvent(event);
    const bool extends = event->modifiers() & Qt::ShiftModifier;
    switch (event->key()) {
    case Qt::Key_Up:
        return moveCurrent(-1, 0, extends);
    case Qt::Key_Down:
        return moveCurrent(1, 0, extends);
    case Qt::Key_Left:
        return moveCurrent(0, -1, extends);
    case Qt::Key_Right:
        return moveCurrent(0, 1, extends);
    case Qt::Key_Space:
    case Qt::Key_Return:
        if (isEditable())
            toggle(modulesBetween(m_anchor, m_current), tr("Toggle cells"));
        return;
    case Qt::Key_Delete:
        if (isEditable())
            setAdapted(modulesBetween(m_anchor, m_current), false, tr("Clear cells"));
        return;
    default:
        QWidget::keyPressEvent(event);
    }
}

void LayerMap::setCurrent(const Cell& cell)
{
    m_current = cell;
    announce();
    update();
}

void LayerMap::announce()
{
    if (m_grid.empty())
        return;
    setAccessibleDescription(describe(m_current.row, m_current.column));
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
}

QString LayerMap::describe(int row, int column) const
{
    const int index = m_grid.moduleAt(row, column);
    if (index < 0)
        return {};
    const ModuleInfo& module = m_grid.modules()[index];
    QString text = tr("%1, %2 → %3").arg(qstr(module.name)).arg(module.inFeatures).arg(module.outFeatures);
    const std::int64_t trained = trainedParameters(index);
    if (m_method.type == MethodType::Full)
        text += tr("\nTrained in full, %1 parameters").arg(qCount(double(trained)));
    else if (isWhole(index))
        text += tr("\nTrained in full: %1; %2 parameters").arg(wholeNote(module), qCount(double(trained)));
    else if (trained == 0)
        text += tr("\nFrozen, no adapter");
    else
        text += tr("\nRank %1: %2 trainable parameters, %3 of the full matrix")
                    .arg(m_ranks[index])
                    .arg(qCount(double(trained)),
                         qPercent(double(trained) / double(module.inFeatures * module.outFeatures)));
    if (module.block >= 0 && m_layersPerBlock > 1)
        text += tr("\nShared by %1 layers: one adapter serves them all").arg(m_layersPerBlock);
    if (module.isTied)
        text +=
            tr("\nIts weight is the word embeddings', which an adapter here leaves alone; merged into the "
               "model it needs a weight of its own");
    if (module.isMissing)
        text += tr("\nNot in the checkpoint: newly initialised");
    return text;
}

bool LayerMap::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        if (const auto cell = cellAt(help->pos()))
            QToolTip::showText(help->globalPos(), describe(cell->row, cell->column), this);
        else if (isNearLine(help->pos()))
            QToolTip::showText(
                help->globalPos(),
                tr("Below this line nothing is trained, so the backward pass need not go there: the "
                   "higher it is, the less each step computes. Drag it to move the lowest adapted block."),
                this);
        else if (columnHeaderAt(help->pos()) >= 0)
            QToolTip::showText(help->globalPos(), tr("Toggle this module in every block"), this);
        else if (rowHeaderAt(help->pos()) >= 0)
            QToolTip::showText(help->globalPos(), tr("Toggle every module of this block"), this);
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

void LayerMap::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        measure();
    update();
}

} // namespace lora::ui
