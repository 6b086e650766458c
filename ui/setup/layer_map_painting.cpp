// Geometry and painting of the layer map; what the user does with it is in layer_map.cpp.
#include "ui/setup/layer_map.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QPaintEvent>
#include <QPainter>

#include <algorithm>
#include <numeric>

namespace lora::ui {

namespace {

constexpr int kGap = 2;            // between cells
constexpr int kOutsideGap = kGrid; // between the stack and what stands outside
constexpr int kLineReach = 4;      // how near the pointer has to be to grab the backward line

} // namespace

void LayerMap::measure()
{
    const QFontMetrics metrics(font());
    m_columnTexts.clear();
    m_columnWidths.clear();
    int lines = 1;
    m_rowHeaderWidth = metrics.horizontalAdvance(rowHeading()) + kGrid;
    const int padding = m_grid.columns().size() > 6 ? kGrid / 2 : kGrid;
    int shares = 0; // of the room that is left
    for (std::size_t index = 0; index < m_grid.columns().size(); ++index) {
        const std::string& column = m_grid.columns()[index];
        const int fused = m_grid.fusedIn(static_cast<int>(index));
        shares += fused;
        // Real names in full: one line per part of the path.
        const QStringList parts = qstr(column).replace(u'.', QStringLiteral(".\n")).split(u'\n');
        int width = 40 * fused;
        for (const QString& part : parts)
            width = std::max(width, metrics.horizontalAdvance(part) + padding);
        lines = std::max(lines, static_cast<int>(parts.size()));
        m_columnTexts.push_back(parts.join(u'\n'));
        m_columnWidths.push_back(width);
    }
    m_headerHeight = lines * metrics.lineSpacing() + kGrid;
    m_lineLabelWidth =
        std::max(metrics.horizontalAdvance(tr("backward")), metrics.horizontalAdvance(tr("stops here")));
    m_lineLabelWidth += kGrid;
    // Room that is there widens the cells, within reason.
    constexpr int kMostExtra = 6 * kGrid;
    const int extra = std::clamp((width() - naturalWidth()) / std::max(1, shares), 0, kMostExtra);
    m_columnLefts.assign(1, m_rowHeaderWidth);
    for (std::size_t index = 0; index < m_columnWidths.size(); ++index)
        m_columnLefts.push_back(m_columnLefts.back() + m_columnWidths[index] +
                                extra * m_grid.fusedIn(static_cast<int>(index)));
}

int LayerMap::naturalWidth() const
{
    return std::accumulate(m_columnWidths.begin(), m_columnWidths.end(), m_rowHeaderWidth + m_lineLabelWidth);
}

void LayerMap::resizeEvent(QResizeEvent*)
{
    measure();
}

int LayerMap::rowHeight() const
{
    return fontMetrics().height() + (m_grid.blockCount() > 16 ? 1 : m_grid.blockCount() > 6 ? 6 : 12) + kGap;
}

int LayerMap::rowTop(int row) const
{
    // Rows outside stand apart from the stack; the column headers sit right above the blocks.
    int top = 0;
    int previous = -1;
    for (int i = 0; i <= row && i < static_cast<int>(m_grid.rows().size()); ++i) {
        const bool isBlock = m_grid.rows()[i].block >= 0;
        const bool wasBlock = previous >= 0 && m_grid.rows()[previous].block >= 0;
        if (isBlock && !wasBlock)
            top += m_headerHeight;
        else if (!isBlock && wasBlock)
            top += kOutsideGap;
        if (i == row)
            return top;
        top += rowHeight();
        previous = i;
    }
    return top;
}

QSize LayerMap::sizeHint() const
{
    if (m_grid.empty())
        return {320, 160};
    const int rows = static_cast<int>(m_grid.rows().size());
    return {naturalWidth(), rowTop(rows - 1) + rowHeight() + kGrid};
}

QSize LayerMap::minimumSizeHint() const
{
    return sizeHint();
}

QRect LayerMap::cellRect(int row, int column) const
{
    const int top = rowTop(row);
    const bool isOutside = m_grid.rows()[row].block < 0;
    const int left = m_columnLefts[isOutside ? 0 : column];
    const int right = isOutside ? m_columnLefts.back() : m_columnLefts[column + 1];
    return {left, top, right - left - kGap, rowHeight() - kGap};
}

QPoint LayerMap::cellCenter(int row, int column) const
{
    return cellRect(row, column).center();
}

QPoint LayerMap::columnHeaderCenter(int column) const
{
    int row = 0;
    while (m_grid.rows()[row].block < 0)
        ++row;
    return {(m_columnLefts[column] + m_columnLefts[column + 1]) / 2, rowTop(row) - m_headerHeight / 2};
}

QPoint LayerMap::rowHeaderCenter(int row) const
{
    return {m_rowHeaderWidth / 2, rowTop(row) + rowHeight() / 2};
}

QPoint LayerMap::backwardLineCenter() const
{
    const int stop = backwardStopRow();
    const int y = stop == 0 ? 0 : rowTop(stop - 1) + rowHeight() - kGap / 2;
    return {(m_columnLefts.front() + m_columnLefts.back()) / 2, y};
}

std::optional<LayerMap::Cell> LayerMap::cellAt(const QPoint& point) const
{
    for (int row = 0; row < static_cast<int>(m_grid.rows().size()); ++row) {
        const int columns = m_grid.rows()[row].block < 0 ? 1 : static_cast<int>(m_grid.columns().size());
        for (int column = 0; column < columns; ++column) {
            if (cellRect(row, column).adjusted(0, 0, kGap, kGap).contains(point) &&
                m_grid.moduleAt(row, column) >= 0)
                return Cell{row, column};
        }
    }
    return std::nullopt;
}

int LayerMap::columnHeaderAt(const QPoint& point) const
{
    for (int column = 0; column < static_cast<int>(m_grid.columns().size()); ++column) {
        const QPoint center = columnHeaderCenter(column);
        if (point.x() >= m_columnLefts[column] && point.x() < m_columnLefts[column + 1] &&
            std::abs(point.y() - center.y()) <= m_headerHeight / 2)
            return column;
    }
    return -1;
}

int LayerMap::rowHeaderAt(const QPoint& point) const
{
    if (point.x() >= m_rowHeaderWidth)
        return -1;
    for (int row = 0; row < static_cast<int>(m_grid.rows().size()); ++row) {
        if (m_grid.rows()[row].block >= 0 &&
            std::abs(point.y() - rowHeaderCenter(row).y()) <= rowHeight() / 2)
            return row;
    }
    return -1;
}

bool LayerMap::isNearLine(const QPoint& point) const
{
    // Cells are for painting: the line is grabbed at its label's side or in the gap right on it.
    const int y = backwardLineCenter().y();
    const bool isBeside = point.x() >= m_columnLefts.back();
    return isEditable() && std::abs(point.y() - y) <= (isBeside ? 4 * kLineReach : kGap) &&
           point.x() >= m_columnLefts.front();
}

QString LayerMap::rowText(int block) const
{
    if (m_layersPerBlock == 1)
        return QString::number(block);
    return m_grid.blockCount() == 1 ? tr("×%1").arg(m_layersPerBlock)
                                    : tr("%1 ×%2").arg(block).arg(m_layersPerBlock);
}

/// Above the rows' names; "shared" over "×12" where layers share their weights.
QString LayerMap::rowHeading() const
{
    return m_layersPerBlock > 1 ? tr("shared") : tr("block");
}

QString LayerMap::wholeNote(const ModuleInfo& module) const
{
    const bool isTaskHead =
        module.isHead && (m_method.type == MethodType::Head || isTrainedWhole(module, LoraConfig{}));
    return isTaskHead ? tr("task head") : tr("modules_to_save");
}

QString LayerMap::cellText(int index) const
{
    if (isWhole(index))
        return tr("full");
    return m_method.type == MethodType::Lora && m_ranks[index] > 0 ? QString::number(m_ranks[index])
                                                                   : QString();
}

void LayerMap::paintHeaders(QPainter& painter) const
{
    painter.setPen(mutedText(palette()));
    for (int column = 0; column < static_cast<int>(m_grid.columns().size()); ++column) {
        const QPoint center = columnHeaderCenter(column);
        const QRect area(m_columnLefts[column], center.y() - m_headerHeight / 2,
                         m_columnLefts[column + 1] - m_columnLefts[column] - kGap, m_headerHeight - 4);
        painter.drawText(area, Qt::AlignHCenter | Qt::AlignBottom, m_columnTexts[column]);
        if (column == 0)
            painter.drawText(QRect(0, area.top(), m_rowHeaderWidth - kGrid / 2, area.height()),
                             Qt::AlignRight | Qt::AlignBottom, rowHeading());
    }
}

void LayerMap::paintCell(QPainter& painter, int row, int column, std::int64_t largest) const
{
    const int index = m_grid.moduleAt(row, column);
    if (index < 0)
        return;
    const QRect area = cellRect(row, column);
    const std::int64_t trained = trainedParameters(index);
    const QColor fill = trained == 0 ? trackColor(palette())
                                     : rampColor(0.15 + 0.85 * double(trained) / double(largest), palette());
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawRoundedRect(area, 2, 2);
    painter.setPen(textOn(fill));
    painter.drawText(area, Qt::AlignCenter, cellText(index));
    paintSeams(painter, area, m_grid.fusedIn(column));
}

/// Where the parts of a fused matrix meet.
void LayerMap::paintSeams(QPainter& painter, const QRect& area, int parts) const
{
    painter.setPen(QPen(palette().color(QPalette::Window), 1, Qt::DotLine));
    for (int part = 1; part < parts; ++part) {
        const int x = area.left() + area.width() * part / parts;
        painter.drawLine(x, area.top(), x, area.bottom());
    }
}

void LayerMap::paintOutside(QPainter& painter, int row, std::int64_t largest) const
{
    const int index = m_grid.rows()[row].module;
    const ModuleInfo& module = m_grid.modules()[index];
    const QRect area = cellRect(row, 0);
    const std::int64_t trained = trainedParameters(index);
    // Trained whole by choice, not by the method: outlined, apart from the ramp of adapters.
    const bool isOutlined = m_method.type != MethodType::Full && isWhole(index);
    QColor fill = trackColor(palette());
    if (trained > 0 && !isOutlined)
        fill = rampColor(0.15 + 0.85 * std::min(1.0, double(trained) / double(largest)), palette());
    painter.setPen(isOutlined ? QPen(accentColor(palette()), 1) : QPen(Qt::NoPen));
    painter.setBrush(isOutlined ? QBrush(Qt::NoBrush) : QBrush(fill));
    painter.drawRoundedRect(isOutlined ? area.adjusted(0, 0, -1, -1) : area, 2, 2);
    painter.setPen(isOutlined ? palette().color(QPalette::WindowText) : textOn(fill));
    const QRect inner = area.adjusted(kGrid, 0, -kGrid, 0);
    QString note = isOutlined ? tr("%1, trained in full").arg(wholeNote(module)) : cellText(index);
    if (note.isEmpty() && module.isTied)
        note = tr("tied to the embeddings");
    painter.drawText(inner, (isOutlined ? Qt::AlignRight : Qt::AlignHCenter) | Qt::AlignVCenter, note);
    const int room =
        inner.width() - (isOutlined ? fontMetrics().horizontalAdvance(note) + kGrid
                                    : inner.width() / 2 + fontMetrics().horizontalAdvance(note) / 2);
    painter.drawText(inner, Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(qstr(module.name), Qt::ElideLeft, std::max(8 * kGrid, room)));
}

void LayerMap::paintRow(QPainter& painter, int row, std::int64_t largest) const
{
    const auto& place = m_grid.rows()[row];
    if (place.block < 0)
        return paintOutside(painter, row, largest);
    painter.setPen(mutedText(palette()));
    painter.drawText(QRect(0, rowTop(row), m_rowHeaderWidth - kGrid / 2, rowHeight() - kGap),
                     Qt::AlignRight | Qt::AlignVCenter, rowText(place.block));
    for (int column = 0; column < static_cast<int>(m_grid.columns().size()); ++column)
        paintCell(painter, row, column, largest);
}

void LayerMap::paintBackwardLine(QPainter& painter) const
{
    const int y = backwardLineCenter().y();
    const QColor color = warningColor(palette());
    painter.setPen(QPen(color, 2));
    painter.drawLine(m_columnLefts.front(), y, m_columnLefts.back() + kGrid / 2, y);
    const int line = fontMetrics().height();
    const int top = std::clamp(y - line, 0, std::max(0, height() - 2 * line));
    painter.drawText(QRect(m_columnLefts.back() + kGrid, top, m_lineLabelWidth, 2 * line), Qt::AlignLeft,
                     tr("backward") + u'\n' + tr("stops here"));
}

void LayerMap::paintCurrent(QPainter& painter) const
{
    if (!hasFocus())
        return;
    const QRect from = cellRect(m_anchor.row, m_anchor.column);
    const QRect to = cellRect(m_current.row, m_current.column);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(palette().color(QPalette::WindowText), 1.5));
    painter.drawRoundedRect(from.united(to).adjusted(0, 0, -1, -1), 2, 2);
}

void LayerMap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (m_grid.empty()) {
        painter.setPen(mutedText(palette()));
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("The model's layers appear here once it is open"));
        return;
    }
    std::int64_t largest = 1;
    for (int i = 0; i < static_cast<int>(m_grid.modules().size()); ++i) {
        if (m_method.type == MethodType::Full || !isWhole(i))
            largest = std::max(largest, trainedParameters(i));
    }
    paintHeaders(painter);
    for (int row = 0; row < static_cast<int>(m_grid.rows().size()); ++row)
        paintRow(painter, row, largest);
    paintBackwardLine(painter);
    paintCurrent(painter);
}

} // namespace lora::ui
