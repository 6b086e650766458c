#include "core/report/report_gathering.h"

#include "core/base/error.h"
#include "core/cost/calibration.h"
#include "core/cost/cost_model.h"
#include "core/experiment/experiment_preparation.h"
#include "core/train/worker_pool.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace lora {

namespace {

RunFacts factsOf(const RunRecord& run)
{
    RunFacts facts;
    try {
        facts.hashes = readRunHashes(run.folder);
        facts.exports = readExports(run.folder);
    } catch (const Error& error) {
        facts.problem = error.what();
    }
    return facts;
}

DataFacts factsOf(const TokenizedDataset& rows, const std::string& use)
{
    DataFacts facts{use, rows.source, rows.hash, static_cast<std::int64_t>(rows.size()), rows.tokens(), {}};
    std::vector<std::int64_t> counts(rows.labelNames.size());
    bool hasClasses = false;
    for (const TokenizedExample& example : rows.examples)
        if (example.classLabel >= 0 && static_cast<std::size_t>(example.classLabel) < counts.size()) {
            ++counts[static_cast<std::size_t>(example.classLabel)];
            hasClasses = true;
        }
    for (std::size_t label = 0; hasClasses && label < counts.size(); ++label)
        facts.labels.emplace_back(rows.labelNames[label], counts[label]);
    return facts;
}

/// "bert.encoder.layer.3.output.dense" -> "bert.encoder.layer.*.output.dense"; numbers stand between dots and
/// spaces.
std::string kindOf(const std::string& module)
{
    const auto isEdge = [&](std::size_t at) {
        return at >= module.size() || module[at] == '.' || module[at] == ' ';
    };
    std::string kind;
    for (std::size_t at = 0; at < module.size();) {
        const std::size_t end = std::min(module.find_first_not_of("0123456789", at), module.size());
        if (end > at && isEdge(end) && (at == 0 || isEdge(at - 1))) {
            kind += '*';
            at = end;
        } else {
            kind += module[at++];
        }
    }
    return kind;
}

/// An epoch's work as the cost model counts it.
WorkCounts epochWork(const WorkloadFacts& facts, const ExperimentConfig& experiment)
{
    WorkCounts work = countWork(facts.trainLengths, facts.model.isDecoder);
    const TrainingConfig& training = experiment.training;
    work.steps =
        std::ceil(work.sequences / (training.perDeviceTrainBatchSize * training.gradientAccumulationSteps));
    if (isLanguageModelling(experiment.task)) {
        work.labelledTokens = facts.labelledShare * work.tokens;
        work.labelledPairs = facts.labelledShare * work.tokenPairs;
    }
    return work;
}

void gatherCost(const ExperimentData& prepared, ReportModel& report)
{
    const ExperimentConfig& experiment = prepared.experiment;
    const WorkloadFacts facts = workloadOf(prepared);
    const int threads = experiment.training.threads;
    const Calibration machine =
        calibrate(prepared.summary, threads > 0 ? threads : WorkerPool::defaultWorkers());
    report.cost = estimateCost(experiment, facts, machine);
    const ModelParts parts = partsOf(prepared.summary, experiment.task);
    const auto ledgerOf = [&](const MethodConfig& method) {
        return trainingLedger(prepared.summary, experiment.task, planTraining(method, parts),
                              report.cost->method.isCheckpointing);
    };
    report.ledger = ledgerLines(ledgerOf(experiment.method), ledgerOf({MethodType::Full, {}}),
                                experiment.task, epochWork(facts, experiment));
}

/// Costs and data come from files that may be gone by now.
void gatherFromFiles(const RunRecord& run, ReportModel& report)
{
    try {
        const ExperimentData prepared = prepareData(run.experiment);
        report.data.push_back(factsOf(prepared.data.train, "training"));
        if (prepared.data.eval.size() > 0)
            report.data.push_back(factsOf(prepared.data.eval, "evaluation"));
        gatherCost(prepared, report);
    } catch (const Error& error) {
        report.notes.push_back(fmt::format(
            "Costs and label counts are left out, since model or data cannot be read: {}", error.what()));
    }
}

} // namespace

std::vector<LedgerLine> ledgerLines(const FlopLedger& method, const FlopLedger& full, TaskType task,
                                    const WorkCounts& work)
{
    std::vector<LedgerLine> lines;
    std::map<std::string, std::size_t> lineOf;
    const auto lineFor = [&](const LedgerEntry& entry) -> LedgerLine& {
        const std::string kind = kindOf(entry.module);
        const auto [found, isNew] = lineOf.try_emplace(kind, lines.size());
        if (isNew)
            lines.push_back({kind, 0, {}, 0});
        return lines[found->second];
    };
    std::map<std::string, int> seen;
    for (const LedgerEntry& entry : method.entries()) {
        LedgerLine& line = lineFor(entry);
        line.modules += seen[entry.module]++ == 0 ? 1 : 0;
        const FlopsPerToken each = FlopLedger(task, {entry}).total(work);
        line.flops.forward += each.forward;
        line.flops.activationGradients += each.activationGradients;
        line.flops.weightGradients += each.weightGradients;
        line.flops.adapters += each.adapters;
    }
    for (const LedgerEntry& entry : full.entries())
        lineFor(entry).fullFineTuning += FlopLedger(task, {entry}).total(work).total();
    return lines;
}

ReportModel gatherReport(const std::string& title, const std::vector<std::shared_ptr<const RunRecord>>& runs)
{
    if (runs.empty())
        throw Error(ErrorKind::BadUsage, "a report needs at least one run");
    ReportModel report{title, runs};
    for (const auto& run : runs) {
        report.facts.push_back(factsOf(*run));
        if (!report.facts.back().problem.empty())
            report.notes.push_back(report.facts.back().problem);
    }
    const auto lora = std::ranges::find_if(
        runs, [](const auto& run) { return run->experiment.method.type == MethodType::Lora; });
    const RunRecord& first = lora == runs.end() ? *runs.front() : **lora;
    report.costOf = first.experiment.name.empty() ? first.id : first.experiment.name;
    gatherFromFiles(first, report);
    return report;
}

} // namespace lora
