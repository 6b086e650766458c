#include "core/report/html_report.h"

#include "core/base/quantity_text.h"
#include "core/io/atomic_file.h"
#include "core/report/run_charts.h"
#include "core/report/svg_chart.h"
#include "core/runs/run_comparison.h"
#include "core/runs/run_statistics.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

constexpr const char* style = R"(
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "Noto Sans", sans-serif; color: #1b1f24; background: #fff; max-width: 60rem;
       margin: 2rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
.muted, caption { color: #5a626b; } caption { caption-side: bottom; text-align: left; padding-top: .5rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #e3e6ea; vertical-align: top; }
th { font-weight: 600; } th:first-child, td:first-child, .text { text-align: left; }
svg { width: 100%; height: auto; margin: .5rem 0 1.2rem; }
svg .grid { stroke: #e3e6ea; } svg text { fill: #1b1f24; font-size: 12px; } svg .title { font-size: 14px; font-weight: 600; }
svg .label { fill: #5a626b; } pre { background: #f6f7f8; padding: .8rem; overflow-x: auto; font-size: 12px; white-space: pre-wrap; }
@media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } svg, table, figure { break-inside: avoid; } }
)";

std::string cell(const std::string& text, bool isText = false)
{
    return fmt::format("<td{}>{}</td>", isText ? " class=\"text\"" : "", escapedXml(text));
}

std::string headings(const std::vector<std::string>& names)
{
    std::string row = "<tr>";
    for (const std::string& name : names)
        row += "<th>" + escapedXml(name) + "</th>";
    return row + "</tr>\n";
}

std::string orDash(const std::optional<double>& value, std::string (*text)(double))
{
    return value ? text(*value) : "–";
}

std::string measuredText(double value, std::string (*text)(double))
{
    return value > 0 ? text(value) : "–";
}

std::string plainNumber(double value)
{
    return significantText(value);
}

std::string comparisonRow(const ComparisonRow& row)
{
    std::string out = "<tr>" + cell(row.name, true) + cell(row.outcome, true) + cell(row.method, true) +
                      cell(row.rank ? std::to_string(*row.rank) : "–") + cell(row.targets, true);
    out += cell(measuredText(static_cast<double>(row.trainableParameters), countText));
    out += cell(orDash(row.computeRatio, changeText));
    out += cell(measuredText(row.peakMemoryBytes, bytesText) +
                (row.memoryRatio ? " (" + changeText(*row.memoryRatio) + ")" : ""));
    out += cell(measuredText(row.trainSeconds, durationText) +
                (row.timeRatio ? " (" + changeText(*row.timeRatio) + " a token)" : ""));
    return out + cell(orDash(row.untunedMetric, plainNumber)) + cell(orDash(row.metric, plainNumber)) +
           "</tr>\n";
}

std::string ratioCaption(const RunComparison& comparison)
{
    const auto uses = [&](RatioSource source) {
        return std::any_of(comparison.rows.begin(), comparison.rows.end(),
                           [&](const ComparisonRow& row) { return row.computeRatioSource == source; });
    };
    std::string caption = "Changes are against full fine-tuning of the same model on the same data. ";
    if (uses(RatioSource::Measured))
        caption += "Where the table holds such a run, its counted work, peak memory and time per token "
                   "trained are the "
                   "measure. ";
    if (uses(RatioSource::Ledger))
        caption += "Where there is none, compute is compared with the counted cost of the same steps by full "
                   "fine-tuning, and memory and time are not compared. ";
    return caption + "The metric is that of the model each run hands over.";
}

std::string comparisonSection(const RunComparison& comparison)
{
    std::string out =
        "<h2>Runs compared</h2>\n<table>\n<caption>" + escapedXml(ratioCaption(comparison)) + "</caption>\n";
    out += headings({"Run", "Outcome", "Method", "r", "Targets", "Trained parameters", "Compute",
                     "Peak memory", "Training time", comparison.metric + ", untuned", comparison.metric});
    for (const ComparisonRow& row : comparison.rows)
        out += comparisonRow(row);
    return out + "</table>\n";
}

std::string statisticsRow(const RunStatistics& statistics, std::size_t index)
{
    const RunGroup& group = statistics.groups[index];
    const auto found = std::ranges::find(statistics.comparisons, index, &GroupComparison::group);
    const bool isCompared = found != statistics.comparisons.end();
    const PairedDifference* paired = isCompared && found->difference ? &*found->difference : nullptr;
    std::string out = "<tr>" + cell(group.name, true) + cell(std::to_string(group.members.size())) +
                      cell(group.metric ? meanText(*group.metric) : "–");
    out += cell(paired ? differenceText(statistics.metric, paired->difference) : "–");
    out += cell(paired ? intervalText(statistics.metric, paired->interval) : "–");
    out += cell(paired && paired->mcnemar ? significantText(*paired->mcnemar, 2) : "–");
    out += cell(paired ? fmt::format("{} × {}", paired->examples, paired->seeds) : "–");
    return out + cell(isCompared ? verdictText(statistics, *found) : "baseline", true) + "</tr>\n";
}

std::string statisticsSection(const RunStatistics& statistics)
{
    if (!hasStatistics(statistics))
        return {};
    std::string out =
        "<h2>Statistics</h2>\n<p>" + escapedXml(statisticsConclusion(statistics)) +
        "</p>\n<table>\n<caption>Runs that differ in nothing but their seed are one row; ± is "
        "half of the 95 % interval of the mean over seeds. Differences are to the baseline on the "
        "same evaluation examples, paired by seed; shares and correlations in hundredths. Their 95 % "
        "interval is a paired bootstrap over the examples, with several seeds joined with "
        "Student&#39;s interval over the seeds; with one seed it says nothing about other seeds. "
        "&quot;Within noise&quot; is said where it contains zero.</caption>\n";
    out += headings({"Configuration", "Seeds", statistics.metric, "Difference", "95 % interval", "McNemar p",
                     "Examples × seeds", "Verdict"});
    for (std::size_t index = 0; index < statistics.groups.size(); ++index)
        out += statisticsRow(statistics, index);
    return out + "</table>\n";
}

std::string curvesSection(const ReportModel& report, const std::string& metric)
{
    const std::string curves =
        svgChart(trainingLossChart(report.runs)) + svgChart(evaluationChart(report.runs, metric));
    return curves.empty() ? "" : "<h2>Curves</h2>\n" + curves;
}

std::string costSection(const CostReport& cost)
{
    const auto row = [](const char* name, const std::string& here, const std::string& full, double ratio) {
        return "<tr>" + cell(name, true) + cell(here) + cell(full) + cell(changeText(ratio)) + "</tr>\n";
    };
    const MethodCost &here = cost.method, &full = cost.fullFineTuning;
    std::string out =
        "<h2>What it costs</h2>\n<table>\n<caption>Parameters are exact and FLOPs counted per matrix "
        "product (a multiply-add is 2). ";
    out += cost.isBaselineMeasured ? "Memory and time of both were measured on this machine."
                                   : "Memory and time are estimates (≈) for this machine.";
    out += "</caption>\n" + headings({"", "This configuration", "Full fine-tuning", "Change"});
    const std::string about = cost.isBaselineMeasured ? "" : "≈ ";
    out += row("Trained parameters", countText(static_cast<double>(here.parameters.trainable)),
               countText(static_cast<double>(full.parameters.trainable)), cost.parameterRatio());
    out += row("Compute per epoch", flopsText(here.flopsPerEpoch), flopsText(full.flopsPerEpoch),
               cost.computeRatio());
    out += row("Memory", about + bytesText(here.memory.total()), about + bytesText(full.memory.total()),
               cost.memoryRatio());
    out += row("Time per epoch", about + durationText(here.secondsPerEpoch),
               about + durationText(full.secondsPerEpoch), cost.timeRatio());
    out += "</table>\n";
    if (cost.savings.empty())
        return out;
    out += "<table>\n<caption>Shares of full fine-tuning's compute; a negative share is an added "
           "cost.</caption>\n" +
           headings({"Where the saving comes from", "Share"});
    for (const SavingSource& saving : cost.savings)
        out += "<tr>" + cell(saving.label, true) + cell(percentText(saving.share)) + "</tr>\n";
    return out + "</table>\n";
}

std::string estimateText(const std::optional<double>& estimate, double measured, std::string (*text)(double))
{
    const std::string found = measured > 0 ? text(measured) : "not measured";
    return (estimate ? "≈ " + text(*estimate) : std::string("–")) + " / " + found;
}

/// What was predicted before a run beside what came out.
std::string estimateSection(const ReportModel& report)
{
    std::string rows;
    for (const auto& run : report.runs) {
        const RunSummary& summary = run->summary;
        if (!summary.estimatedSeconds && !summary.estimatedMemoryBytes && !summary.estimatedFlops)
            continue;
        rows += "<tr>" + cell(run->experiment.name.empty() ? run->id : run->experiment.name, true) +
                cell(estimateText(summary.estimatedSeconds, summary.trainSeconds, durationText)) +
                cell(estimateText(summary.estimatedMemoryBytes, static_cast<double>(summary.peakMemoryBytes),
                                  bytesText)) +
                cell(estimateText(summary.estimatedFlops, summary.flops, flopsText)) + "</tr>\n";
    }
    if (rows.empty())
        return {};
    return "<h2>Estimated and measured</h2>\n<table>\n" + headings({"Run", "Time", "Memory", "Compute"}) +
           rows + "</table>\n";
}

std::string differingSection(const RunComparison& comparison)
{
    if (comparison.differing.empty() || comparison.rows.size() < 2)
        return {};
    std::string out = "<h2>Settings that differ</h2>\n<table>\n<tr><th></th>";
    for (const ComparisonRow& row : comparison.rows)
        out += "<th class=\"text\">" + escapedXml(row.name) + "</th>";
    out += "</tr>\n";
    for (const DifferingSetting& setting : comparison.differing) {
        out += "<tr>" + cell(setting.key, true);
        for (const std::string& value : setting.values)
            out += cell(value, true);
        out += "</tr>\n";
    }
    return out + "</table>\n";
}

std::string configurationSection(const ReportModel& report)
{
    std::string out = "<h2>Configuration</h2>\n";
    for (const auto& run : report.runs) {
        const std::string document =
            toJson(run->experiment).dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
        std::string facts = run->summary.startedAt;
        for (const std::string& fact : {run->summary.host, run->summary.version})
            facts += fact.empty() ? "" : " · " + fact;
        out += fmt::format(
            "<details><summary>{}</summary>\n<p class=\"muted\">{}</p>\n<pre>{}</pre>\n</details>\n",
            escapedXml(run->experiment.name.empty() ? run->id : run->experiment.name), escapedXml(facts),
            escapedXml(document));
    }
    return out;
}

} // namespace

std::string htmlReport(const ReportModel& report)
{
    const RunComparison comparison = compareRuns(report.runs);
    const std::string title = escapedXml(report.title.empty() ? "LoRA Workbench report" : report.title);
    std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
                      title + "</title>\n<style>" + style + "</style>\n</head>\n<body>\n<h1>" + title +
                      "</h1>\n";
    out += "<p class=\"muted\">Made by LoRA Workbench from the folders of these runs.</p>\n";
    out += comparisonSection(comparison);
    out += statisticsSection(runStatistics(report.runs, comparison));
    out += curvesSection(report, comparison.metric);
    if (report.cost)
        out += costSection(*report.cost);
    out += estimateSection(report) + differingSection(comparison) + configurationSection(report);
    return out + "</body>\n</html>\n";
}

void writeHtmlReport(const ReportModel& report, const std::filesystem::path& path)
{
    writeFileAtomically(path, htmlReport(report));
}

} // namespace lora
