#pragma once

#include "ui/dataset_preview.h"

#include <QAbstractTableModel>

namespace lora::ui {

/// The first rows of a data file, one column per column of the file; columns in use say their role in the
/// header.
class DatasetPreviewModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    /// `task` has names of its own for the columns' roles.
    void setPreview(const DatasetPreview& preview, TaskType task = TaskType::SequenceClassification);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::int64_t numberOf(std::size_t row) const;
    QString roleOf(const std::string& column) const;

    DatasetPreview m_preview;
    TaskType m_task = TaskType::SequenceClassification;
};

} // namespace lora::ui
