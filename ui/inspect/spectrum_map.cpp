#include "ui/inspect/spectrum_map.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <numeric>

namespace lora::ui {

namespace {

constexpr int kGap = 2;

} // namespace

SpectrumMap::SpectrumMap(QWidget* parent)
    : QWidget(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Map of what training changed"));
}

void SpectrumMap::setModules(std::vector<InspectedModule> modules)
{
    m_modules = std::move(modules);
    m_shared.clear();
    std::vector<ModuleInfo> infos;
    for (const InspectedModule& module : m_modules)
        infos.push_back(module.module);
    m_grid = ModuleGrid(std::move(infos));
    m_current = -1;
    measure();
    updateGeometry();
    update();
    const auto most = std::ranges::max_element(m_modules, {}, &InspectedModule::relativeChange);
    setCurrent(most == m_modules.end() || !most->isChanged() ? -1
                                                             : static_cast<int>(most - m_modules.begin()));
}

void SpectrumMap::setQuantity(Quantity quantity)
{
    m_quantity = quantity;
    measure();
    updateGeometry();
    update();
}

void SpectrumMap::setShared(std::vector<SharedDirections> shared)
{
    m_shared = std::move(shared);
    if (m_current >= 0)
        setAccessibleDescription(describe(m_current));
    update();
}

void SpectrumMap::setCurrent(int module)
{
    if (module == m_current)
        return;
    m_current = module;
    if (module >= 0)
        setAccessibleDescription(describe(module));
    update();
    emit currentChanged(module);
}

void SpectrumMap::measure()
{
    const QFontMetrics metrics(font());
    m_columnTexts.clear();
    m_widths.clear();
    m_rowHeaderWidth = metrics.horizontalAdvance(tr("block")) + kGrid;
    int lines = 1;
    for (const std::string& column : m_grid.columns()) {
        const QStringList parts = qstr(column).replace(u'.', QStringLiteral(".\n")).split(u'\n');
        int width = metrics.horizontalAdvance(QStringLiteral("0.00 %")) + kGrid;
        for (const QString& part : parts)
            width = std::max(width, metrics.horizontalAdvance(part) + kGrid);
        lines = std::max(lines, static_cast<int>(parts.size()));
        m_columnTexts.push_back(parts.join(u'\n'));
        m_widths.push_back(width);
    }
    m_headerHeight = lines * metrics.lineSpacing() + kGrid;
    const int natural = std::accumulate(m_widths.begin(), m_widths.end(), m_rowHeaderWidth);
    const int columns = std::max(1, static_cast<int>(m_widths.size()));
    const int extra = std::clamp((width() - natural) / columns, 0, 4 * kGrid);
    m_lefts.assign(1, m_rowHeaderWidth);
    for (const int width : m_widths)
        m_lefts.push_back(m_lefts.back() + width + extra);
}

void SpectrumMap::resizeEvent(QResizeEvent*)
{
    measure();
}

void SpectrumMap::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        measure();
}

int SpectrumMap::rowHeight() const
{
    return fontMetrics().height() + (m_grid.blockCount() > 16 ? 1 : m_grid.blockCount() > 6 ? 6 : 12) + kGap;
}

int SpectrumMap::rowTop(int row) const
{
    int top = 0;
    bool wasBlock = false;
    for (int i = 0; i <= row; ++i) {
        const bool isBlock = m_grid.rows()[static_cast<std::size_t>(i)].block >= 0;
        if (isBlock && !wasBlock)
            top += m_headerHeight;
        else if (!isBlock && wasBlock)
            top += kGrid;
        if (i < row)
            top += rowHeight();
        wasBlock = isBlock;
    }
    return top;
}

QSize SpectrumMap::sizeHint() const
{
    if (m_grid.empty())
        return {40 * kGrid, 20 * kGrid};
    const int natural = std::accumulate(m_widths.begin(), m_widths.end(), m_rowHeaderWidth);
    return {natural, rowTop(static_cast<int>(m_grid.rows().size()) - 1) + rowHeight() + kGrid};
}

QRect SpectrumMap::cellRect(int row, int column) const
{
    const bool isOutside = m_grid.rows()[static_cast<std::size_t>(row)].block < 0;
    const int left = m_lefts[isOutside ? 0 : static_cast<std::size_t>(column)];
    const int right = isOutside ? m_lefts.back() : m_lefts[static_cast<std::size_t>(column) + 1];
    return {left, rowTop(row), right - left - kGap, rowHeight() - kGap};
}

QRect SpectrumMap::cellOf(int module) const
{
    for (int row = 0; row < static_cast<int>(m_grid.rows().size()); ++row)
        for (int column = 0; column < std::max(1, static_cast<int>(m_grid.columns().size())); ++column)
            if (m_grid.moduleAt(row, column) == module)
                return cellRect(row, column);
    return {};
}

int SpectrumMap::moduleAtPoint(const QPoint& point) const
{
    for (int row = 0; row < static_cast<int>(m_grid.rows().size()); ++row)
        for (int column = 0; column < std::max(1, static_cast<int>(m_grid.columns().size())); ++column)
            if (const int module = m_grid.moduleAt(row, column);
                module >= 0 && cellRect(row, column).contains(point))
                return module;
    return -1;
}

const SharedDirections* SpectrumMap::sharedOf(int module) const
{
    const std::string& name = m_modules[static_cast<std::size_t>(module)].module.name;
    const auto found = std::ranges::find(m_shared, name, &SharedDirections::module);
    return found == m_shared.end() ? nullptr : &*found;
}

bool SpectrumMap::hasValue(int module) const
{
    return m_quantity == Quantity::SharedDirections ? sharedOf(module) != nullptr
                                                    : m_modules[static_cast<std::size_t>(module)].isChanged();
}

double SpectrumMap::valueOf(int module) const
{
    const InspectedModule& entry = m_modules[static_cast<std::size_t>(module)];
    const SharedDirections* shared = sharedOf(module);
    switch (m_quantity) {
    case Quantity::EffectiveRank:
        return entry.effectiveRank;
    case Quantity::RelativeChange:
        return entry.relativeChange;
    case Quantity::SharedDirections:
        break;
    }
    return shared ? shared->leading : 0;
}

/// What the strongest colour stands for.
double SpectrumMap::largestValue() const
{
    if (m_quantity == Quantity::SharedDirections)
        return 1;
    double largest = 1e-300;
    for (int module = 0; module < static_cast<int>(m_modules.size()); ++module)
        largest = std::max(largest, valueOf(module));
    return largest;
}

QString SpectrumMap::cellText(int module) const
{
    if (!hasValue(module))
        return {};
    return m_quantity == Quantity::RelativeChange ? qPercent(valueOf(module)) : qNumber(valueOf(module), 2);
}

QString SpectrumMap::describe(int module) const
{
    const InspectedModule& entry = m_modules[static_cast<std::size_t>(module)];
    if (!entry.isChanged())
        return tr("%1: not adapted, it stayed as it was").arg(qstr(entry.module.name));
    const auto sides = std::min(entry.module.inFeatures, entry.module.outFeatures);
    const QString text = tr("%1\nEffective rank %2 of %3; %4 directions keep 90 % of the change's energy\n"
                            "‖ΔW‖ / ‖W‖ = %5 (‖ΔW‖ = %6)")
                             .arg(qstr(entry.module.name), qNumber(entry.effectiveRank))
                             .arg(entry.rank.value_or(sides))
                             .arg(entry.rank90)
                             .arg(qPercent(entry.relativeChange), qNumber(entry.changeNorm));
    const SharedDirections* shared = sharedOf(module);
    if (!shared)
        return text;
    return text +
           tr("\nShared with the other run: the strongest direction read %1 (by chance %2), all of rank "
              "%3 and %4 read %5 (%6), written %7 (%8)")
               .arg(qNumber(shared->leading, 2), qNumber(shared->leadingByChance, 2))
               .arg(shared->firstRank)
               .arg(shared->secondRank)
               .arg(qNumber(shared->read, 2), qNumber(shared->readByChance, 2), qNumber(shared->written, 2),
                    qNumber(shared->writtenByChance, 2));
}

void SpectrumMap::paintCell(QPainter& painter, int row, int column, double largest) const
{
    const int module = m_grid.moduleAt(row, column);
    if (module < 0)
        return;
    const QRect area = cellRect(row, column);
    const bool isFilled = hasValue(module);
    const QColor fill =
        isFilled ? rampColor(0.1 + 0.9 * valueOf(module) / largest, palette()) : trackColor(palette());
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawRoundedRect(area, 2, 2);
    painter.setPen(isFilled ? textOn(fill) : mutedText(palette()));
    painter.drawText(area, Qt::AlignCenter, cellText(module));
    if (m_grid.rows()[static_cast<std::size_t>(row)].block < 0)
        painter.drawText(
            area.adjusted(kGrid, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
            fontMetrics().elidedText(qstr(m_modules[static_cast<std::size_t>(module)].module.name),
                                     Qt::ElideLeft, area.width() / 2 - 4 * kGrid));
    if (module == m_current) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(hasFocus() ? accentColor(palette()) : palette().color(QPalette::WindowText), 2));
        painter.drawRoundedRect(area.adjusted(1, 1, -1, -1), 2, 2);
    }
}

void SpectrumMap::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(mutedText(palette()));
    if (m_grid.empty()) {
        painter.drawText(rect(), Qt::AlignCenter | Qt::TextWordWrap,
                         tr("What training changed in each layer appears here"));
        return;
    }
    const double largest = largestValue();
    bool hasHeader = false;
    for (int row = 0; row < static_cast<int>(m_grid.rows().size()); ++row) {
        const int block = m_grid.rows()[static_cast<std::size_t>(row)].block;
        if (block < 0) {
            paintCell(painter, row, 0, largest);
            continue;
        }
        painter.setPen(mutedText(palette()));
        if (!std::exchange(hasHeader, true)) {
            const QRect header(0, rowTop(row) - m_headerHeight, m_rowHeaderWidth - kGrid / 2,
                               m_headerHeight - 4);
            painter.drawText(header, Qt::AlignRight | Qt::AlignBottom, tr("block"));
            for (std::size_t column = 0; column < m_columnTexts.size(); ++column)
                painter.drawText(QRect(m_lefts[column], header.top(),
                                       m_lefts[column + 1] - m_lefts[column] - kGap, header.height()),
                                 Qt::AlignHCenter | Qt::AlignBottom, m_columnTexts[column]);
        }
        painter.drawText(QRect(0, rowTop(row), m_rowHeaderWidth - kGrid / 2, rowHeight() - kGap),
                         Qt::AlignRight | Qt::AlignVCenter, QString::number(block));
        for (int column = 0; column < static_cast<int>(m_grid.columns().size()); ++column)
            paintCell(painter, row, column, largest);
    }
}

void SpectrumMap::mousePressEvent(QMouseEvent* event)
{
    if (const int module = moduleAtPoint(event->pos());
        module >= 0 && m_modules[static_cast<std::size_t>(module)].isChanged())
        setCurrent(module);
}

/// To the next changed module in that direction.
void SpectrumMap::move(int rows, int columns)
{
    QPoint point = cellOf(m_current).center();
    for (int step = 0; step < 200; ++step) {
        point += QPoint(columns * 2 * kGrid, rows * rowHeight() / 2);
        if (!rect().contains(point))
            return;
        const int module = moduleAtPoint(point);
        if (module >= 0 && module != m_current && m_modules[static_cast<std::size_t>(module)].isChanged())
            return setCurrent(module);
    }
}

void SpectrumMap::keyPressEvent(QKeyEvent* event)
{
    if (m_current < 0)
        return QWidget::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left:
        return move(0, -1);
    case Qt::Key_Right:
        return move(0, 1);
    case Qt::Key_Up:
        return move(-1, 0);
    case Qt::Key_Down:
        return move(1, 0);
    default:
        QWidget::keyPressEvent(event);
    }
}

bool SpectrumMap::event(QEvent* event)
{
    if (event->type() == QEvent::ToolTip) {
        auto* help = static_cast<QHelpEvent*>(event);
        const int module = moduleAtPoint(help->pos());
        if (module >= 0)
            QToolTip::showText(help->globalPos(), describe(module), this, cellOf(module));
        else
            QToolTip::hideText();
        return true;
    }
    return QWidget::event(event);
}

} // namespace lora::ui
