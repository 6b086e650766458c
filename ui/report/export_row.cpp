#include "ui/report/export_row.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QPushButton>
#include <QSignalBlocker>

#include <algorithm>

namespace lora::ui {

namespace {

bool hasAdapter(const RunRecord& run)
{
    return run.experiment.method.type == MethodType::Lora && run.summary.outcome != "running" &&
           run.summary.outcome != "failed";
}

} // namespace

QString folderOf(const RunRecord& run)
{
    return QString::fromStdString(run.folder.string());
}

QString nameOf(const RunRecord& run)
{
    return run.experiment.name.empty() ? qstr(run.id) : qstr(run.experiment.name);
}

ExportRow::ExportRow(QWidget* parent)
    : QWidget(parent)
    , m_run(new QComboBox(this))
    , m_export(new QPushButton(this))
{
    m_run->setAccessibleName(tr("Run to export"));
    m_run->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_run->setMinimumContentsLength(16);
    m_export->setToolTip(
        tr("Write this run's adapter in PEFT's form, read it back and compare its logits with the run's"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid);
    layout->addWidget(m_run);
    layout->addWidget(m_export);
    connect(m_export, &QPushButton::clicked, this, &ExportRow::exportAdapter);
    refresh();
}

void ExportRow::setRuns(const Runs& runs)
{
    const QString before = m_run->currentData().toString();
    const QSignalBlocker blocker(m_run);
    m_run->clear();
    for (const auto& run : runs)
        if (hasAdapter(*run))
            m_run->addItem(nameOf(*run), folderOf(*run));
    m_run->setCurrentIndex(std::max(0, m_run->findData(before)));
    refresh();
}

void ExportRow::setEnded()
{
    m_isExporting = false;
    refresh();
}

void ExportRow::refresh()
{
    m_export->setText(m_isExporting ? tr("Exporting and checking…") : tr("E&xport adapter…"));
    m_export->setEnabled(!m_isExporting && m_run->count() > 0);
    m_run->setVisible(m_run->count() > 0);
}

void ExportRow::exportAdapter()
{
    const QString run = m_run->currentData().toString();
    const QString parent =
        QFileDialog::getExistingDirectory(this, tr("Export the adapter into a new folder in"));
    if (run.isEmpty() || parent.isEmpty())
        return;
    m_isExporting = true;
    refresh();
    const QString name = QDir(run).dirName() + QStringLiteral("-adapter");
    emit exportRequested(run, QDir(parent).filePath(name));
}

} // namespace lora::ui
