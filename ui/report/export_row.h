#pragma once

#include "core/runs/run_record.h"

#include <QWidget>

#include <memory>
#include <vector>

class QComboBox;
class QPushButton;

namespace lora::ui {

/// One of the report's runs and the button that exports its adapter.
class ExportRow : public QWidget
{
    Q_OBJECT

public:
    using Runs = std::vector<std::shared_ptr<const RunRecord>>;

    explicit ExportRow(QWidget* parent = nullptr);

    /// Those without an adapter are left out; without any the row is empty.
    void setRuns(const Runs& runs);
    /// An export asked for has ended.
    void setEnded();

signals:
    void exportRequested(const QString& runFolder, const QString& targetFolder);

private:
    void exportAdapter();
    void refresh();

    bool m_isExporting = false;
    QComboBox* m_run;
    QPushButton* m_export;
};

/// How the window calls a run, and where it is.
QString nameOf(const RunRecord& run);
QString folderOf(const RunRecord& run);

} // namespace lora::ui
