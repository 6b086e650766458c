// What a configuration costs, product by product, and how estimates stand beside what was measured.
#include "core/base/quantity_text.h"
#include "core/report/report_sections.h"

#include <algorithm>

#include <fmt/format.h>

namespace lora {

namespace {

std::vector<std::string> costRow(const char* name, const std::string& here, const std::string& full,
                                 double ratio, const char* source)
{
    return {name, here, full, changeText(ratio), source};
}

ReportTable costTable(const ReportModel& report)
{
    const CostReport& cost = *report.cost;
    const MethodCost &here = cost.method, &full = cost.fullFineTuning;
    const char* source = cost.isBaselineMeasured ? "measured" : "estimated";
    const std::string about = cost.isBaselineMeasured ? "" : "≈ ";
    ReportTable table{fmt::format("{} beside full fine-tuning of the same model on the same rows. Parameters "
                                  "are exact, FLOPs counted per matrix product (a multiply-add is 2). {}",
                                  report.costOf,
                                  cost.isBaselineMeasured
                                      ? "Memory and time of both were measured on this machine."
                                      : "Memory and time are estimates (≈) for the machine this report was "
                                        "made on."),
                      {{"", true}, {"This configuration"}, {"Full fine-tuning"}, {"Change"}, {"How", true}},
                      {}};
    table.rows = {costRow("Trained parameters", countText(static_cast<double>(here.parameters.trainable)),
                          countText(static_cast<double>(full.parameters.trainable)), cost.parameterRatio(),
                          "counted"),
                  costRow("Compute per epoch", flopsText(here.flopsPerEpoch), flopsText(full.flopsPerEpoch),
                          cost.computeRatio(), "counted"),
                  costRow("Memory", about + bytesText(here.memory.total()),
                          about + bytesText(full.memory.total()), cost.memoryRatio(), source),
                  costRow("Time per epoch", about + durationText(here.secondsPerEpoch),
                          about + durationText(full.secondsPerEpoch), cost.timeRatio(), source)};
    return table;
}

/// Forward, gradients and adapters of an epoch, and what caches leave out.
ReportTable purposeTable(const CostReport& cost)
{
    ReportTable table{"Counted FLOPs for each token by purpose, mean over the planned epochs.",
                      {{"Purpose", true}, {"This configuration"}, {"Full fine-tuning"}},
                      {}};
    const FlopsPerToken &here = cost.method.flopsPerToken, &full = cost.fullFineTuning.flopsPerToken;
    const auto row = [&](const char* name, double a, double b) {
        table.rows.push_back({name, flopsText(a), flopsText(b)});
    };
    row("Forward", here.forward, full.forward);
    row("Gradients of activations", here.activationGradients, full.activationGradients);
    row("Gradients of weights", here.weightGradients, full.weightGradients);
    row("Low-rank pairs, both ways", here.adapters, full.adapters);
    row("Total", here.total(), full.total());
    return table;
}

ReportTable savingsTable(const CostReport& cost)
{
    ReportTable table{"Shares of full fine-tuning's compute that this configuration does not do; a negative "
                      "share is an added cost.",
                      {{"Where the saving comes from", true}, {"Share"}},
                      {}};
    double sum = 0;
    for (const SavingSource& saving : cost.savings) {
        table.rows.push_back({saving.label, percentText(saving.share)});
        sum += saving.share;
    }
    table.rows.push_back({"All together", percentText(sum)});
    return table;
}

std::string estimated(const std::optional<double>& value, std::string (*text)(double))
{
    return value ? "≈ " + text(*value) : "–";
}

std::string measured(double value, std::string (*text)(double))
{
    return value > 0 ? text(value) : "–";
}

} // namespace

ReportSection costSection(const ReportModel& report)
{
    if (!report.cost)
        return {};
    ReportSection section{"What it costs", {costTable(report), purposeTable(*report.cost)}};
    if (!report.cost->savings.empty())
        section.blocks.push_back(savingsTable(*report.cost));
    return section;
}

ReportSection ledgerSection(const ReportModel& report)
{
    if (report.ledger.empty())
        return {};
    ReportTable table{
        fmt::format("Every matrix product of one epoch of {}, modules of a kind together. Counted by the "
                    "formula of each product; what the prefix cache leaves out is not subtracted here.",
                    report.costOf),
        {{"Modules", true},
         {"Count"},
         {"Forward"},
         {"Activation gradients"},
         {"Weight gradients"},
         {"Low-rank pairs"},
         {"Total"},
         {"Full fine-tuning"}},
        {}};
    const auto put = [&](const LedgerLine& line) {
        table.rows.push_back(
            {line.kind, line.modules > 0 ? std::to_string(line.modules) : "–",
             measured(line.flops.forward, flopsText), measured(line.flops.activationGradients, flopsText),
             measured(line.flops.weightGradients, flopsText), measured(line.flops.adapters, flopsText),
             measured(line.flops.total(), flopsText), measured(line.fullFineTuning, flopsText)});
    };
    LedgerLine sum{"All", 0, {}, 0};
    for (const LedgerLine& line : report.ledger) {
        put(line);
        sum.modules += line.modules;
        sum.flops.forward += line.flops.forward;
        sum.flops.activationGradients += line.flops.activationGradients;
        sum.flops.weightGradients += line.flops.weightGradients;
        sum.flops.adapters += line.flops.adapters;
        sum.fullFineTuning += line.fullFineTuning;
    }
    put(sum);
    return {"The ledger", {std::move(table)}};
}

ReportSection estimateSection(const ReportModel& report)
{
    ReportTable table{"Estimates (≈) were made for the machine of the run, without its result; time is that "
                      "of training steps alone, memory the largest the whole program held, compute counted "
                      "from the rows that were really trained on.",
                      {{"Run", true},
                       {"Time, estimated"},
                       {"Time, measured"},
                       {"Memory, estimated"},
                       {"Memory, measured"},
                       {"Compute, estimated"},
                       {"Compute, counted"}},
                      {}};
    const bool isEnergyKnown = std::ranges::any_of(
        report.runs, [](const auto& run) { return run->summary.energyJoules.has_value(); });
    if (isEnergyKnown) {
        table.caption +=
            " Energy is what the machine's processors took during the whole run, evaluations and "
            "other programs included.";
        table.columns.push_back({"Energy, measured"});
    }
    for (const auto& run : report.runs) {
        const RunSummary& summary = run->summary;
        if (!summary.estimatedSeconds && !summary.estimatedMemoryBytes && !summary.estimatedFlops)
            continue;
        table.rows.push_back(
            {nameOf(*run), estimated(summary.estimatedSeconds, durationText),
             measured(summary.trainSeconds, durationText), estimated(summary.estimatedMemoryBytes, bytesText),
             measured(static_cast<double>(summary.peakMemoryBytes), bytesText),
             estimated(summary.estimatedFlops, flopsText), measured(summary.flops, flopsText)});
        if (isEnergyKnown)
            table.rows.back().push_back(measured(summary.energyJoules.value_or(0), energyText));
    }
    if (table.rows.empty())
        return {};
    return {"Time and memory, estimated and measured", {std::move(table)}};
}

} // namespace lora
