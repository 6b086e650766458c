#include "ui/pages/report_page.h"

#include "ui/format/quantities.h"
#include "ui/report/report_view.h"
#include "ui/theme/theme.h"
#include "ui/widgets/accent_button.h"

#include <QComboBox>
#include <QDir>
#include <QEvent>
#include <QFileDialog>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTimer>
#include <QVBoxLayout>

namespace lora::ui {

namespace {

constexpr int kPauseMs = 60; ///< checking many runs asks once

QString folderOf(const RunRecord& run)
{
    return QString::fromStdString(run.folder.string());
}

QString nameOf(const RunRecord& run)
{
    return run.experiment.name.empty() ? qstr(run.id) : qstr(run.experiment.name);
}

bool hasAdapter(const RunRecord& run)
{
    return run.experiment.method.type == MethodType::Lora && run.summary.outcome != "running" &&
           run.summary.outcome != "failed";
}

} // namespace

ReportPage::ReportPage(QWidget* parent)
    : QWidget(parent)
{
    createWidgets();
    buildLayout();
    connect(m_delay, &QTimer::timeout, this, &ReportPage::ask);
    connect(m_export, &QPushButton::clicked, this, &ReportPage::exportAdapter);
    refresh();
}

QPushButton* ReportPage::saveButton(const QString& text, const QString& ending, const QString& filter,
                                    const QString& why, QPushButton* made)
{
    QPushButton* button = made ? made : new QPushButton(this);
    button->setText(text);
    button->setToolTip(why);
    button->setObjectName(QStringLiteral("save-") + ending);
    connect(button, &QPushButton::clicked, this, [this, ending, filter] { save(ending, filter); });
    m_saves.push_back(button);
    return button;
}

void ReportPage::createWidgets()
{
    m_title = new QLabel(this);
    m_title->setFont(headingFont(font()));
    m_title->setTextFormat(Qt::PlainText);
    m_status = new QLabel(this);
    m_status->setTextFormat(Qt::PlainText);
    m_status->setWordWrap(true);
    m_check = new QLabel(this);
    m_check->setTextFormat(Qt::PlainText);
    m_check->setWordWrap(true);
    m_check->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_view = new ReportView(this);
    saveButton(tr("Save &HTML…"), QStringLiteral("html"), tr("HTML (*.html)"),
               tr("One file with its charts inside, for any browser"), new AccentButton({}, this));
    saveButton(tr("Save P&DF…"), QStringLiteral("pdf"), tr("PDF (*.pdf)"), tr("Pages of A4 for print"));
    saveButton(tr("Save &Markdown…"), QStringLiteral("md"), tr("Markdown (*.md)"),
               tr("The same values as text, for a repository"));
    saveButton(tr("Save &CSV…"), QStringLiteral("csv"), tr("CSV (*.csv)"),
               tr("The comparison, a line for each run, for a spreadsheet"));
    m_run = new QComboBox(this);
    m_run->setAccessibleName(tr("Run to export"));
    m_run->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_run->setMinimumContentsLength(16);
    m_export = new QPushButton(tr("E&xport adapter…"), this);
    m_export->setToolTip(
        tr("Write this run's adapter in PEFT's form, read it back and compare its logits with the run's"));
    m_delay = new QTimer(this);
    m_delay->setSingleShot(true);
    m_delay->setInterval(kPauseMs);
}

void ReportPage::buildLayout()
{
    auto* toolbar = new QHBoxLayout;
    toolbar->setSpacing(kGrid);
    // The accent is enough: here the next action is no larger than the others.
    m_saves.front()->setFixedHeight(m_saves.back()->sizeHint().height());
    for (QPushButton* button : m_saves)
        toolbar->addWidget(button);
    toolbar->addStretch(1);
    toolbar->addWidget(m_run);
    toolbar->addWidget(m_export);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, 0);
    layout->setSpacing(kGrid);
    layout->addWidget(m_title);
    layout->addLayout(toolbar);
    layout->addWidget(m_check);
    layout->addWidget(m_status);
    layout->addWidget(m_view, 1);
    layout->addStretch(0);
}

void ReportPage::setRuns(const Runs& runs)
{
    const QString before = m_run->currentData().toString();
    m_runs = runs;
    const QSignalBlocker blocker(m_run);
    m_run->clear();
    for (const auto& run : m_runs)
        if (hasAdapter(*run))
            m_run->addItem(nameOf(*run), folderOf(*run));
    m_run->setCurrentIndex(std::max(0, m_run->findData(before)));
    refresh();
    m_delay->start();
}

void ReportPage::refresh()
{
    const bool hasRuns = !m_runs.empty();
    m_title->setText(m_runs.size() > 1    ? tr("Report of %1 checked runs").arg(m_runs.size())
                     : m_runs.size() == 1 ? tr("Report of %1").arg(nameOf(*m_runs.front()))
                                          : tr("Report"));
    for (QPushButton* button : m_saves)
        button->setEnabled(hasRuns);
    m_export->setEnabled(m_run->count() > 0);
    m_run->setVisible(m_run->count() > 0);
    m_check->setVisible(!m_check->text().isEmpty());
    m_view->setVisible(hasRuns && m_isAnswered);
    if (!hasRuns)
        m_status->setText(tr("Check runs on Compare: their report appears here."));
    else if (!m_isAnswered)
        m_status->setText(tr("Reading the runs…"));
    m_status->setVisible(!m_view->isVisibleTo(this));
}

void ReportPage::ask()
{
    ReportQuestion question;
    for (const auto& run : m_runs)
        question.runFolders << folderOf(*run);
    question.isDark = isDark(palette());
    if (!isVisible() || question.runFolders.isEmpty())
        return;
    if (question.runFolders != m_asked.runFolders)
        m_isAnswered = false;
    m_asked = question;
    refresh();
    emit previewRequested(m_asked);
}

void ReportPage::setPreview(const ReportPreview& preview)
{
    if (!(preview.question == m_asked))
        return;
    m_isAnswered = true;
    m_view->setReport(preview.html, preview.charts);
    refresh();
}

void ReportPage::setProblem(const QString& what, const QString& hint)
{
    m_isAnswered = false;
    refresh();
    m_status->setText(hint.isEmpty() ? what : what + u' ' + hint);
}

void ReportPage::setExported(const QString& runFolder, const QString& check)
{
    for (const auto& run : m_runs)
        if (folderOf(*run) == runFolder)
            m_check->setText(tr("%1: %2").arg(nameOf(*run), check));
    refresh();
    m_export->setText(tr("E&xport adapter…"));
    m_delay->start(); // the report lists it now
}

void ReportPage::setNotExported()
{
    m_export->setText(tr("E&xport adapter…"));
    refresh();
}

QString ReportPage::previewText() const
{
    return m_isAnswered ? m_view->toPlainText() : QString();
}

void ReportPage::save(const QString& ending, const QString& filter)
{
    const QString start = (m_runs.size() == 1 ? qstr(m_runs.front()->id) : tr("report")) + u'.' + ending;
    QString file = QFileDialog::getSaveFileName(this, tr("Save report"), start, filter);
    if (file.isEmpty())
        return;
    if (!file.endsWith(u'.' + ending, Qt::CaseInsensitive))
        file += u'.' + ending;
    QStringList folders;
    for (const auto& run : m_runs)
        folders << folderOf(*run);
    emit saveRequested(folders, file);
}

void ReportPage::exportAdapter()
{
    const QString run = m_run->currentData().toString();
    const QString parent =
        QFileDialog::getExistingDirectory(this, tr("Export the adapter into a new folder in"));
    if (run.isEmpty() || parent.isEmpty())
        return;
    m_export->setText(tr("Exporting and checking…"));
    m_export->setEnabled(false);
    const QString name = QDir(run).dirName() + QStringLiteral("-adapter");
    emit exportRequested(run, QDir(parent).filePath(name));
}

void ReportPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_delay->start();
}

void ReportPage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        m_delay->start();
}

} // namespace lora::ui
