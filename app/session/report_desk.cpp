#include "app/session/report_desk.h"

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

ui::ReportPreview previewOf(const ui::ReportQuestion& question)
{
    RichReport rich = richReport(reportDocument(reportOf(question.runFolders)), coloursFor(question.isDark));
    ui::ReportPreview preview{question, QString::fromStdString(rich.html), {}};
    for (const auto& [name, svg] : rich.charts)
        preview.charts.emplace_back(QString::fromStdString(name), QByteArray::fromStdString(svg));
    return preview;
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

void ReportDesk::save(const QStringList& runFolders, const QString& file)
{
    m_files.post<bool>(
        [runFolders, file, pdf = m_pdf] {
            const std::filesystem::path path = file.toStdString();
            const ReportModel report = reportOf(runFolders);
            if (file.endsWith(QLatin1String(".pdf"), Qt::CaseInsensitive))
                pdf(richReport(reportDocument(report), {}), path);
            else
                writeReportFile(report, path);
            return true;
        },
        [this, file](bool) { emit saved(file); },
        [this](const QString& what, const QString& hint) { emit failed(what, hint); });
}

} // namespace lora::app
