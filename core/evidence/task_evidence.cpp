#include "core/evidence/task_evidence.h"

#include "core/runs/run_reader.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace lora {

namespace {

using Runs = std::vector<std::shared_ptr<const RunRecord>>;

MeanInterval savedOf(const Runs& runs, const GroupComparison* comparison, double (*amount)(const RunSummary&))
{
    std::vector<double> saved;
    if (comparison)
        for (const auto& [own, full] : comparison->pairs)
            if (const double whole = amount(runs[full]->summary); whole > 0)
                saved.push_back(1 - amount(runs[own]->summary) / whole);
    return saved.empty() ? MeanInterval{} : meanInterval(saved);
}

EvidenceRow rowOf(const Runs& runs, const RunStatistics& statistics, std::size_t group)
{
    const RunGroup& members = statistics.groups[group];
    EvidenceRow row;
    row.label = members.name;
    row.trainableParameters = members.trainableParameters;
    row.quality = members.metric;
    const bool hasFull = statistics.baselineGroup().method == "full"; // else the baseline is another group
    row.isFull = hasFull && group == statistics.baseline;
    if (!hasFull) {
        row.unknown = "full fine-tuning has not been run";
        return row;
    }
    const auto found = std::ranges::find(statistics.comparisons, group, &GroupComparison::group);
    const GroupComparison* comparison = found == statistics.comparisons.end() ? nullptr : &*found;
    if (comparison) {
        row.difference = comparison->difference;
        row.unknown = comparison->unknown;
    }
    row.savedCompute = savedOf(runs, comparison, [](const RunSummary& summary) { return summary.flops; });
    row.savedTime = savedOf(runs, comparison, [](const RunSummary& summary) { return summary.trainSeconds; });
    row.savedMemory = savedOf(runs, comparison, [](const RunSummary& summary) {
        return static_cast<double>(summary.peakMemoryBytes);
    });
    return row;
}

std::optional<double> untunedOf(const Runs& runs, const std::string& metric)
{
    std::vector<double> values;
    for (const auto& run : runs)
        if (const auto found = run->summary.untuned.find(metric); found != run->summary.untuned.end())
            values.push_back(found->second);
    if (values.empty())
        return {};
    return meanInterval(values).mean;
}

void noteRuns(const Runs& runs, TaskEvidence& evidence)
{
    const RunRecord& first = *runs.front();
    evidence.model = first.experiment.model;
    evidence.trainData = first.experiment.data.train;
    evidence.evalData = first.experiment.data.eval.value_or("held-out rows of the training file");
    const RunHashes hashes = readRunHashes(first.folder);
    evidence.trainHash = hashes.train;
    evidence.evalHash = hashes.eval;
    std::set<std::uint64_t> seeds;
    for (const auto& run : runs) {
        seeds.insert(run->experiment.training.seed);
        evidence.epochs = run->summary.epochs;
        if (run->experiment.method.type == MethodType::Full) {
            evidence.fullLearningRate = run->experiment.training.learningRate;
        } else if (run->experiment.method.type == MethodType::Lora) {
            evidence.learningRate = run->experiment.training.learningRate;
            evidence.rank = run->experiment.method.lora.r;
        }
    }
    evidence.seeds.assign(seeds.begin(), seeds.end());
}

} // namespace

TaskEvidence taskEvidence(const ArticleClaim& claim, const Runs& runs)
{
    TaskEvidence evidence;
    evidence.claim = claim;
    if (runs.empty()) {
        judge(evidence);
        return evidence;
    }
    noteRuns(runs, evidence);
    const RunStatistics statistics = runStatistics(runs, compareRuns(runs));
    evidence.metric = statistics.metric;
    evidence.untuned = untunedOf(runs, statistics.metric);
    for (std::size_t group = 0; group < statistics.groups.size(); ++group) {
        const EvidenceRow row = rowOf(runs, statistics, group);
        if (row.difference)
            evidence.evalExamples = row.difference->examples;
        evidence.rows.push_back(row);
    }
    std::ranges::stable_sort(evidence.rows, {}, [](const EvidenceRow& row) {
        return std::pair(!row.isFull, row.savedCompute.mean);
    });
    judge(evidence);
    return evidence;
}

} // namespace lora
