#include "app/cli/run_report.h"

#include "core/report/report_file.h"
#include "core/report/report_gathering.h"

namespace lora::app {

void writeReport(const std::string& title, const std::vector<std::shared_ptr<const RunRecord>>& runs,
                 const std::filesystem::path& path, Console& console)
{
    reportFormOf(path); // before any work
    const ReportModel report = gatherReport(title, runs);
    for (const std::string& note : report.notes)
        console.log("note: " + note);
    writeReportFile(report, path);
}

} // namespace lora::app
