#include "ui/models/dataset_preview_model.h"

#include "core/config/column_aliases.h"
#include "ui/format/quantities.h"

#include <algorithm>

namespace lora::ui {

void DatasetPreviewModel::setPreview(const DatasetPreview& preview, TaskType task)
{
    beginResetModel();
    m_task = task;
    m_preview = preview;
    endResetModel();
}

int DatasetPreviewModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_preview.rows.size());
}

int DatasetPreviewModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_preview.columns.size());
}

QVariant DatasetPreviewModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || (role != Qt::DisplayRole && role != Qt::ToolTipRole))
        return {};
    const auto& cells = m_preview.rows[static_cast<std::size_t>(index.row())];
    const auto column = static_cast<std::size_t>(index.column());
    return column < cells.size() ? qstr(cells[column]) : QString(); // a short row of a damaged file
}

QString DatasetPreviewModel::roleOf(const std::string& column) const
{
    const auto calledByTask = [this](std::string_view role) {
        return qstr(std::string(columnNameFor(m_task, role)));
    };
    if (m_preview.mapping.text == column)
        return calledByTask("text");
    if (m_preview.mapping.textPair == column) {
        const QString name = calledByTask("text_pair");
        return name == QStringLiteral("text_pair") ? tr("second text") : name;
    }
    return m_preview.mapping.label == column ? calledByTask("label") : QString();
}

/// The line in the file, by which remarks name rows; where several rows share a line, the row's own number.
std::int64_t DatasetPreviewModel::numberOf(std::size_t row) const
{
    const auto& lines = m_preview.lines;
    const bool isShared = std::adjacent_find(lines.begin(), lines.end()) != lines.end();
    return isShared ? static_cast<std::int64_t>(row) + 1 : lines[row];
}

QVariant DatasetPreviewModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    const auto index = static_cast<std::size_t>(section);
    if (role != Qt::DisplayRole)
        return {};
    if (orientation == Qt::Vertical)
        return index < m_preview.lines.size() ? QString::number(numberOf(index)) : QString();
    if (index >= m_preview.columns.size())
        return {};
    const QString name = qstr(m_preview.columns[index]);
    const QString use = roleOf(m_preview.columns[index]);
    return use.isEmpty() || use == name ? name : tr("%1 (%2)").arg(name, use);
}

} // namespace lora::ui
