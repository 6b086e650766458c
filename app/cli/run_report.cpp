#include "app/cli/run_report.h"

#include "core/experiment/cost_estimation.h"
#include "core/report/html_report.h"

namespace lora::app {

void writeReport(const std::string& title, const std::vector<std::shared_ptr<const RunRecord>>& runs,
                 const std::filesystem::path& path, Console& console)
{
    ReportModel report{title, runs, std::nullopt};
    try {
        const ExperimentConfig& experiment = runs.front()->experiment;
        const CostInputs inputs = gatherCostInputs(experiment);
        report.cost = estimateCost(inputs.experiment, inputs.facts, inputs.calibration);
    } catch (const Error& error) {
        console.log(
            fmt::format("note: no cost section, since model or data cannot be read: {}", error.what()));
    }
    writeHtmlReport(report, path);
}

} // namespace lora::app
