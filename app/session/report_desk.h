#pragma once

#include "app/session/background_jobs.h"
#include "ui/report/report_values.h"

#include <QObject>
#include <QString>

#include <filesystem>
#include <functional>

namespace lora {
struct RichReport;
}

namespace lora::app {

/// Makes reports of runs, and of the evidence of reproductions, in the background: for the window and as
/// files.
class ReportDesk : public QObject
{
    Q_OBJECT

public:
    /// Writes pages; called on the desk's thread. Throws lora::Error.
    using PdfWriter = std::function<void(const RichReport& report, const std::filesystem::path& file)>;

    explicit ReportDesk(PdfWriter pdf, QObject* parent = nullptr);

    /// Replaces the question before.
    void request(const ui::ReportQuestion& question);
    /// The ending of `file` is the form: html, md, csv, pdf.
    void save(const ui::ReportQuestion& question, const QString& file);

signals:
    void ready(const lora::ui::ReportPreview& preview);
    void unavailable(const QString& what, const QString& hint);
    void saved(const QString& file);
    void failed(const QString& what, const QString& hint);

private:
    PdfWriter m_pdf;
    JobLane m_previews{JobLane::Policy::LatestWins};
    JobLane m_files{JobLane::Policy::InOrder};
};

} // namespace lora::app
