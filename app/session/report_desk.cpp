#include "app/session/report_desk.h"

#include "core/evidence/evidence_document.h"
#include "core/report/html_report.h"
#include "core/report/report_file.h"
#include "core/report/report_gathering.h"
#include "core/runs/run_reader.h"

#include <QCoreApplication>

namespace lora::app {

namespace {

ReportModel reportOf(const QStringList& folders)
{
    std::vector<std::shared_ptr<const RunRecord>> runs;
    for (const QString& folder : folders)
        runs.push_back(readRun(folder.toStdString()));
    return gatherReport("LoRA Workbench report", runs);
}

/// Those of the window's own palettes.
ChartColours coloursFor(bool isDark)
{
    if (isDark)
        return {"#e4e6e9", "#a2a9b1", "#4a5159", true};
    return {};
}

ReportDocument documentOf(const ui::ReportQuestion& question)
{
    if (question.reproduction.isEmpty())
        return reportDocument(reportOf(question.runFolders));
    const Reproduction reproduction = openReproduction(question.reproduction.toStdString());
    return evidenceDocument(reproduction, evidenceOf(reproduction), hostOf(reproduction));
}

ui::ReportPreview previewOf(const ui::ReportQuestion& question)
{
    RichReport rich = richReport(documentOf(question), coloursFor(question.isDark));
    ui::ReportPreview preview{question, QString::fromStdString(rich.html), {}};
    for (const auto& [name, svg] : rich.charts)
        preview.charts.emplace_back(QString::fromStdString(name), QByteArray::fromStdString(svg));
    return preview;
}

void writeFile(const ui::ReportQuestion& question, const std::filesystem::path& path,
               const ReportDesk::PdfWriter& pdf)
{
    const QString ending = QString::fromStdString(path.extension().string());
    if (ending.compare(QLatin1String(".pdf"), Qt::CaseInsensitive) == 0)
        pdf(richReport(documentOf(question), {}), path);
    else if (question.reproduction.isEmpty())
        writeReportFile(reportOf(question.runFolders), path);
    else
        writeEvidenceFile(openReproduction(question.reproduction.toStdString()), path);
}

} // namespace

ReportDesk::ReportDesk(PdfWriter pdf, QObject* parent)
    : QObject(parent)
    , m_pdf(std::move(pdf))
{}

void ReportDesk::request(const ui::ReportQuestion& question)
{
    m_previews.post<ui::ReportPreview>(
        [question] { return previewOf(question); },
        [this](const ui::ReportPreview& preview) { emit ready(preview); },
        [this](const QString& what, const QString& hint) { emit unavailable(what, hint); });
}

void ReportDesk::save(const ui::ReportQuestion& question, const QString& file)
{
    m_files.post<bool>(
        [question, file, pdf = m_pdf] {
            writeFile(question, file.toStdString(), pdf);
            return true;
        },
        [this, file](bool) { emit saved(file); },
        [this](const QString& what, const QString& hint) { emit failed(what, hint); });
}

} // namespace lora::app
