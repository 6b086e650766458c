#include "ui/models/planned_runs_model.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QApplication>

#include <algorithm>

namespace lora::ui {

namespace {

QString estimated(const QString& quantity)
{
    return QStringLiteral("≈ ") + quantity;
}

} // namespace

/// Runs that stay are not reset, so that the view keeps its place while fields change.
void PlannedRunsModel::setLines(const std::vector<SweepLine>& lines)
{
    const auto before = static_cast<int>(m_lines.size());
    const auto after = static_cast<int>(lines.size());
    const int kept = std::min(before, after);
    if (after > before) {
        beginInsertRows({}, before, after - 1);
        m_lines.insert(m_lines.end(), lines.begin() + kept, lines.end());
        endInsertRows();
    } else if (after < before) {
        beginRemoveRows({}, after, before - 1);
        m_lines.erase(m_lines.begin() + kept, m_lines.end());
        endRemoveRows();
    }
    m_lines = lines;
    if (kept > 0)
        emit dataChanged(index(0, 0), index(kept - 1, ColumnCount - 1));
}

double PlannedRunsModel::totalSeconds() const
{
    double seconds = 0;
    for (const SweepLine& line : m_lines)
        seconds += line.cost.seconds;
    return seconds;
}

double PlannedRunsModel::peakMemory() const
{
    double bytes = 0;
    for (const SweepLine& line : m_lines)
        bytes = std::max(bytes, line.cost.memoryBytes);
    return bytes;
}

int PlannedRunsModel::sharing() const
{
    return static_cast<int>(
        std::ranges::count_if(m_lines, [](const SweepLine& line) { return line.cost.sharesPrefix; }));
}

int PlannedRunsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

int PlannedRunsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString PlannedRunsModel::text(const SweepLine& line, int column)
{
    const PlannedCost& cost = line.cost;
    switch (column) {
    case Label:
        return line.label;
    case Trainable:
        return qCount(static_cast<double>(cost.trainableParameters));
    case Compute:
        return line.method.type == MethodType::Full ? QStringLiteral("–") : qChange(cost.computeRatio);
    case Time:
        return estimated(qDuration(cost.seconds));
    case Memory:
        return estimated(qBytes(cost.memoryBytes));
    case Shares:
        return cost.sharesPrefix ? tr("shared") : QString();
    default:
        return {};
    }
}

QString PlannedRunsModel::toolTip(const SweepLine& line, int column)
{
    switch (column) {
    case Compute:
        return line.method.type == MethodType::Full ? tr("What the others are measured against")
                                                    : tr("%1 of the compute of full fine-tuning for the same "
                                                         "steps, counted per matrix product")
                                                          .arg(qPercent(line.cost.computeRatio));
    case Time:
        return line.cost.sharesPrefix ? tr("Training steps; the frozen layers' pass is an earlier run's")
                                      : tr("Training steps, without evaluations");
    case Shares:
        return line.cost.sharesPrefix
                   ? tr("An earlier run of this sweep computes what the frozen layers make of the rows")
                   : QString();
    default:
        return {};
    }
}

QVariant PlannedRunsModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= rowCount())
        return {};
    const SweepLine& line = m_lines[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    switch (role) {
    case Qt::DisplayRole:
        return text(line, column);
    case Qt::ToolTipRole:
        return toolTip(line, column);
    case Qt::DecorationRole:
        return column == Label ? QVariant(methodColor(line.method, QApplication::palette())) : QVariant();
    case Qt::TextAlignmentRole: {
        const bool isNumber = column > Label && column < Shares;
        return QVariant::fromValue((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    case Qt::ForegroundRole:
        return column == Shares ? QVariant(mutedText(QApplication::palette())) : QVariant();
    default:
        return {};
    }
}

QVariant PlannedRunsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (section < 0 || (orientation == Qt::Vertical ? section >= rowCount() : section >= ColumnCount))
        return {};
    if (orientation == Qt::Vertical)
        return role == Qt::DisplayRole ? QVariant(section + 1) : QVariant();
    const QString titles[] = {tr("Run"),  tr("Trainable"), tr("Compute"),
                              tr("Time"), tr("Memory"),    tr("Frozen layers")};
    const QString reasons[] = {
        tr("Named by what is its own; the colour is its rank's on every page"),
        tr("Numbers that learn: the adapters and the task's head"),
        tr("Floating-point operations against full fine-tuning of the same steps"),
        tr("Estimated from this machine's speed"),
        tr("At its peak, estimated"),
        tr("Whether an earlier run computes what the layers below the lowest adapter make of the rows")};
    switch (role) {
    case Qt::DisplayRole:
        return titles[section];
    case Qt::ToolTipRole:
        return reasons[section];
    case Qt::TextAlignmentRole: {
        const bool isNumber = section > Label && section < Shares;
        return QVariant::fromValue((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    default:
        return {};
    }
}

} // namespace lora::ui
