#include "core/report/csv_export.h"

#include "core/runs/run_comparison.h"
#include "core/runs/run_statistics.h"

#include <cmath>
#include <limits>
#include <set>

#include <fmt/format.h>

namespace lora {

namespace {

std::string number(double value)
{
    return std::isfinite(value) ? fmt::format("{}", value) : "";
}

std::string measured(double value)
{
    return value > 0 ? number(value) : "";
}

std::string number(const std::optional<double>& value)
{
    return value ? number(*value) : "";
}

const char* text(RatioSource source)
{
    switch (source) {
    case RatioSource::Ledger:
        return "ledger";
    case RatioSource::Measured:
        return "measured";
    case RatioSource::None:
        break;
    }
    return "";
}

} // namespace

std::string csvText(std::string text)
{
    // A spreadsheet would run a cell that begins like this as a formula.
    if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos)
        text.insert(0, 1, '\'');
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    std::string quoted = "\"";
    for (const char character : text)
        quoted += character == '"' ? std::string("\"\"") : std::string(1, character);
    return quoted + "\"";
}

std::string csvLine(const std::vector<std::string>& cells)
{
    return fmt::format("{}\r\n", fmt::join(cells, ","));
}

std::string comparisonCsv(const ReportModel& report)
{
    const RunComparison comparison = compareRuns(report.runs);
    std::string out =
        csvLine({"run", "name", "outcome", "method", "r", "targets", "trainable_parameters",
                 "total_parameters", "compute_ratio", "compute_ratio_source", "peak_memory_bytes",
                 "memory_ratio", "train_seconds", "time_ratio", "steps",
                 csvText("untuned_" + comparison.metric), csvText("best_" + comparison.metric)});
    for (const ComparisonRow& row : comparison.rows)
        out += csvLine({csvText(row.id), csvText(row.name), csvText(row.outcome), csvText(row.method),
                        row.rank ? std::to_string(*row.rank) : "", csvText(row.targets),
                        measured(static_cast<double>(row.trainableParameters)),
                        measured(static_cast<double>(row.totalParameters)), number(row.computeRatio),
                        text(row.computeRatioSource), measured(row.peakMemoryBytes), number(row.memoryRatio),
                        measured(row.trainSeconds), number(row.timeRatio), std::to_string(row.steps),
                        number(row.untunedMetric), number(row.metric)});
    return out;
}

std::string statisticsCsv(const ReportModel& report)
{
    const RunComparison comparison = compareRuns(report.runs);
    const RunStatistics statistics = runStatistics(report.runs, comparison);
    std::string out = csvLine({"configuration", "baseline", "metric", "mean", "baseline_mean", "difference",
                               "low", "high", "p_mcnemar", "examples", "seeds", "verdict", "unknown"});
    const auto mean = [](const RunGroup& group) { return group.metric ? number(group.metric->mean) : ""; };
    for (const GroupComparison& each : statistics.comparisons) {
        const RunGroup& group = statistics.groups[each.group];
        const PairedDifference* paired = each.difference ? &*each.difference : nullptr;
        out += csvLine({csvText(group.name), csvText(statistics.baselineGroup().name),
                        csvText(statistics.metric), mean(group), mean(statistics.baselineGroup()),
                        paired ? number(paired->difference) : "", paired ? number(paired->interval.low) : "",
                        paired ? number(paired->interval.high) : "", paired ? number(paired->mcnemar) : "",
                        paired ? std::to_string(paired->examples) : "",
                        paired ? std::to_string(paired->seeds) : "", verdictText(statistics, each),
                        csvText(each.unknown)});
    }
    return out;
}

std::string metricsCsv(const RunRecord& run)
{
    std::set<std::string> keys;
    for (const EvalMetrics& evaluation : run.evaluations) {
        for (const auto& [key, value] : evaluation.values)
            keys.insert(key);
    }
    std::vector<std::string> heading = {"step",          "epoch",     "seconds",          "loss",
                                        "learning_rate", "grad_norm", "tokens_per_second"};
    for (const std::string& key : keys)
        heading.push_back(csvText("eval_" + key));
    std::string out = csvLine(heading);

    // Both lists ascend by step; an evaluation follows the step it was made after.
    auto evaluation = run.evaluations.begin();
    const auto putEvaluationsBefore = [&](std::int64_t step) {
        for (; evaluation != run.evaluations.end() && evaluation->step < step; ++evaluation) {
            std::vector<std::string> cells = {std::to_string(evaluation->step),
                                              number(evaluation->epoch),
                                              number(evaluation->seconds),
                                              "",
                                              "",
                                              "",
                                              ""};
            for (const std::string& key : keys) {
                const auto value = evaluation->values.find(key);
                cells.push_back(value == evaluation->values.end() ? "" : number(value->second));
            }
            out += csvLine(cells);
        }
    };
    for (const StepMetrics& step : run.steps) {
        putEvaluationsBefore(step.step);
        std::vector<std::string> cells = {
            std::to_string(step.step), number(step.epoch),    number(step.seconds),        number(step.loss),
            number(step.learningRate), number(step.gradNorm), number(step.tokensPerSecond)};
        cells.resize(heading.size());
        out += csvLine(cells);
    }
    putEvaluationsBefore(std::numeric_limits<std::int64_t>::max());
    return out;
}

} // namespace lora
