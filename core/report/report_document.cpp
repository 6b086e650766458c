#include "core/report/report_document.h"

#include "core/base/quantity_text.h"
#include "core/report/report_sections.h"
#include "core/report/run_charts.h"
#include "core/runs/run_files.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lora {

namespace {

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

std::string withChange(const std::string& value, const std::optional<double>& ratio)
{
    return ratio ? fmt::format("{} ({})", value, changeText(*ratio)) : value;
}

/// "LoRA r=8, query, value"
std::string methodText(const ComparisonRow& row)
{
    return row.rank ? fmt::format("LoRA r={}, {}", *row.rank, row.targets) : row.method;
}

std::string listed(const std::set<std::string>& names)
{
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string question(const ReportModel& report, const RunComparison& comparison)
{
    std::set<std::string> models, tasks, data;
    for (const auto& run : report.runs) {
        models.insert(run->experiment.model);
        tasks.insert(std::string(toString(run->experiment.task)));
        data.insert(run->experiment.data.train);
    }
    const std::size_t count = report.runs.size();
    return fmt::format("{} of {} on {} ({}), judged by {} on the evaluation rows.{}",
                       count == 1 ? "One run" : fmt::format("{} runs", count), listed(models), listed(data),
                       listed(tasks), comparison.metric,
                       count == 1 ? ""
                                  : " Which of these configurations is worth it, and what does it save "
                                    "against full fine-tuning?");
}

/// What one run gives, where there is nothing to compare it with.
std::string singleAnswer(const RunComparison& comparison)
{
    const ComparisonRow& row = comparison.rows.front();
    std::string text = fmt::format("{}: ", row.name);
    text += row.metric ? fmt::format("{} {}", comparison.metric, significantText(*row.metric))
                       : fmt::format("no {} was measured", comparison.metric);
    if (row.untunedMetric)
        text += fmt::format(" (untuned {})", significantText(*row.untunedMetric));
    if (row.computeRatio && row.method != "full")
        text += fmt::format(" at {} of the compute of full fine-tuning", percentText(*row.computeRatio));
    return text + ".";
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
                   "trained are the measure (the times in the table are whole ones). ";
    if (uses(RatioSource::Ledger))
        caption += "Where there is none, compute is compared with the counted cost of the same steps by full "
                   "fine-tuning, and memory and time are not compared. ";
    return caption + "The metric is that of the model each run hands over.";
}

std::vector<std::string> statisticsRow(const RunStatistics& statistics, std::size_t index)
{
    const RunGroup& group = statistics.groups[index];
    const auto found = std::ranges::find(statistics.comparisons, index, &GroupComparison::group);
    const bool isCompared = found != statistics.comparisons.end();
    const PairedDifference* paired = isCompared && found->difference ? &*found->difference : nullptr;
    std::string verdict = isCompared ? verdictText(statistics, *found) : "baseline";
    if (isCompared && !paired && !found->unknown.empty())
        verdict += ": " + found->unknown;
    return {group.name,
            std::to_string(group.members.size()),
            group.metric ? meanText(*group.metric) : "–",
            paired ? differenceText(statistics.metric, paired->difference) : "–",
            paired ? intervalText(statistics.metric, paired->interval) : "–",
            paired && paired->mcnemar ? significantText(*paired->mcnemar, 2) : "–",
            paired ? fmt::format("{} × {}", paired->examples, paired->seeds) : "–",
            verdict};
}

void addChart(ReportSection& section, Chart chart)
{
    const auto hasPoint = [](const ChartSeries& series) {
        return std::ranges::any_of(series.points, [](const auto& point) {
            return std::isfinite(point.first) && std::isfinite(point.second);
        });
    };
    if (std::ranges::any_of(chart.series, hasPoint))
        section.blocks.push_back(std::move(chart));
}

} // namespace

std::string nameOf(const RunRecord& run)
{
    return run.experiment.name.empty() ? run.id : run.experiment.name;
}

ReportSection answerSection(const ReportModel& report, const RunComparison& comparison,
                            const RunStatistics& statistics)
{
    std::string answer = statisticsConclusion(statistics);
    if (answer.empty())
        answer = singleAnswer(comparison);
    ReportSection section{
        "Question and answer",
        {ReportText{question(report, comparison)}, ReportText{std::move(answer), ReportText::Kind::Lead}}};
    for (const std::string& note : report.notes)
        section.blocks.push_back(ReportText{note, ReportText::Kind::Note});
    return section;
}

ReportSection comparisonSection(const RunComparison& comparison)
{
    ReportTable table{ratioCaption(comparison),
                      {{"Run", true},
                       {"Outcome", true},
                       {"Method", true},
                       {"Trained parameters"},
                       {"Compute (counted)"},
                       {"Peak memory (measured)"},
                       {"Training time (measured)"},
                       {comparison.metric + ", untuned"},
                       {comparison.metric}},
                      {}};
    for (const ComparisonRow& row : comparison.rows)
        table.rows.push_back({row.name, row.outcome, methodText(row),
                              measuredText(static_cast<double>(row.trainableParameters), countText),
                              orDash(row.computeRatio, changeText),
                              withChange(measuredText(row.peakMemoryBytes, bytesText), row.memoryRatio),
                              withChange(measuredText(row.trainSeconds, durationText), row.timeRatio),
                              orDash(row.untunedMetric, plainNumber), orDash(row.metric, plainNumber)});
    return {"Runs compared", {std::move(table)}};
}

ReportSection statisticsSection(const RunStatistics& statistics)
{
    if (!hasStatistics(statistics))
        return {};
    ReportTable table{
        "Runs that differ in nothing but their seed are one row; ± is half of the 95 % interval of the mean "
        "over seeds. Differences are to the baseline on the same evaluation examples, paired by seed; shares "
        "and correlations in hundredths. Their 95 % interval is a paired bootstrap over the examples, with "
        "several seeds joined with Student's interval over the seeds; with one seed it says nothing about "
        "other seeds. \"Within noise\" is said where it contains zero.",
        {{"Configuration", true},
         {"Seeds"},
         {statistics.metric},
         {"Difference"},
         {"95 % interval"},
         {"McNemar p"},
         {"Examples × seeds"},
         {"Verdict", true}},
        {}};
    for (std::size_t index = 0; index < statistics.groups.size(); ++index)
        table.rows.push_back(statisticsRow(statistics, index));
    return {"Is the difference more than noise?", {std::move(table)}};
}

ReportSection tradeSection(const ReportModel& report, const RunComparison& comparison,
                           const RunStatistics& statistics)
{
    ReportSection section{"Quality, cost and rank", {}};
    addChart(section, costChart(report.runs, statistics));
    addChart(section, rankChart(report.runs, comparison, statistics));
    return section;
}

ReportSection curvesSection(const ReportModel& report, const std::string& metric)
{
    ReportSection section{"Curves", {}};
    addChart(section, trainingLossChart(report.runs));
    addChart(section, evaluationChart(report.runs, metric));
    return section;
}

ReportDocument reportDocument(const ReportModel& report)
{
    const RunComparison comparison = compareRuns(report.runs);
    const RunStatistics statistics = runStatistics(report.runs, comparison);
    ReportDocument document{report.title.empty() ? "LoRA Workbench report" : report.title,
                            "Made by LoRA Workbench " + programVersion() + " from the folders of these runs.",
                            {}};
    for (ReportSection& section :
         std::vector{answerSection(report, comparison, statistics), comparisonSection(comparison),
                     statisticsSection(statistics), tradeSection(report, comparison, statistics),
                     curvesSection(report, comparison.metric), costSection(report), ledgerSection(report),
                     estimateSection(report), dataSection(report), differenceSection(comparison),
                     exportSection(report), originSection(report), configurationSection(report)})
        if (!section.blocks.empty())
            document.sections.push_back(std::move(section));
    return document;
}

} // namespace lora
