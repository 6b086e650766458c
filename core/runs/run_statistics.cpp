#include "core/runs/run_statistics.h"

#include "core/base/error.h"
#include "core/config/task.h"
#include "core/runs/outcome_file.h"
#include "core/runs/run_names.h"
#include "core/train/outcome_metric.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace lora {

namespace {

using Runs = std::vector<std::shared_ptr<const RunRecord>>;

ExperimentConfig withoutSeed(ExperimentConfig experiment)
{
    experiment.name.clear();
    experiment.training.seed = 0;
    return experiment;
}

ExperimentConfig withoutRate(ExperimentConfig experiment)
{
    experiment.training.learningRate = 0;
    return experiment;
}

/// Among groups that differ in the learning rate alone, each at the same one once.
void compareRates(std::vector<RunGroup>& groups, const std::vector<ExperimentConfig>& keys,
                  const std::string& metric)
{
    const auto isBetterThan = [&](const RunGroup& a, const RunGroup& b) {
        return a.metric && (!b.metric || (isLowerBetter(metric) ? a.metric->mean < b.metric->mean
                                                                : a.metric->mean > b.metric->mean));
    };
    for (std::size_t a = 0; a < groups.size(); ++a)
        for (std::size_t b = 0; b < groups.size(); ++b) {
            if (keys[a] == keys[b] || withoutRate(keys[a]) != withoutRate(keys[b]))
                continue;
            ++groups[a].triedRates;
            if (isBetterThan(groups[b], groups[a]))
                groups[a].isBestRate = false;
        }
}

/// `keys` become the groups' configurations.
std::vector<RunGroup> groupsOf(const Runs& runs, const RunComparison& comparison,
                               std::vector<ExperimentConfig>& keys)
{
    std::vector<RunGroup> groups;
    const auto hasSeed = [&](const RunGroup& group, std::uint64_t seed) {
        return std::ranges::any_of(group.members, [&](std::size_t member) {
            return runs[member]->experiment.training.seed == seed;
        });
    };
    for (std::size_t row = 0; row < runs.size(); ++row) {
        const std::uint64_t seed = runs[row]->experiment.training.seed;
        const ExperimentConfig key = withoutSeed(runs[row]->experiment);
        std::size_t found = 0;
        while (found < groups.size() && (keys[found] != key || hasSeed(groups[found], seed)))
            ++found;
        if (found == groups.size()) {
            keys.push_back(key);
            RunGroup& group = groups.emplace_back();
            group.name = comparison.rows[row].name;
            group.method = comparison.rows[row].method;
        }
        groups[found].members.push_back(row);
    }
    return groups;
}

void summarize(RunGroup& group, const Runs& runs, const RunComparison& comparison)
{
    std::vector<double> values, ratios;
    for (const std::size_t member : group.members) {
        const ComparisonRow& row = comparison.rows[member];
        if (row.metric)
            values.push_back(*row.metric);
        if (row.computeRatio)
            ratios.push_back(*row.computeRatio);
        group.trainableParameters = std::max(group.trainableParameters, row.trainableParameters);
    }
    if (!values.empty())
        group.metric = meanInterval(values);
    if (ratios.size() == group.members.size())
        group.computeRatio = meanInterval(ratios).mean;
    if (group.members.size() > 1)
        group.name = nameWithoutSeed(group.name, runs[group.members.front()]->experiment.training.seed);
}

std::size_t baselineOf(const std::vector<RunGroup>& groups, const RunComparison& comparison,
                       const std::string& id)
{
    const auto found = std::ranges::find_if(groups, [&](const RunGroup& group) {
        if (id.empty())
            return group.method == "full" && group.isBestRate;
        return std::ranges::any_of(group.members,
                                   [&](std::size_t member) { return comparison.rows[member].id == id; });
    });
    if (found != groups.end())
        return static_cast<std::size_t>(found - groups.begin());
    if (!id.empty())
        throw Error(ErrorKind::BadUsage, fmt::format("the baseline {} is none of the runs compared", id));
    return 0;
}

std::vector<std::pair<std::size_t, std::size_t>> pairsOf(const RunGroup& a, const RunGroup& b,
                                                         const Runs& runs)
{
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    for (const std::size_t ofA : a.members)
        for (const std::size_t ofB : b.members)
            if (runs[ofA]->experiment.training.seed == runs[ofB]->experiment.training.seed)
                pairs.emplace_back(ofA, ofB);
    if (pairs.empty())
        for (std::size_t i = 0; i < std::min(a.members.size(), b.members.size()); ++i)
            pairs.emplace_back(a.members[i], b.members[i]);
    return pairs;
}

/// A run's outcomes, read once; without them, why.
struct ReadOutcomes
{
    std::optional<ExampleOutcomes> outcomes;
    DrawnMetric metric;
    std::string unknown;
};

ReadOutcomes outcomesOf(const RunRecord& run, const std::string& metric)
{
    const std::string name = run.experiment.name.empty() ? run.id : run.experiment.name;
    ReadOutcomes read;
    try {
        read.outcomes = readFinalOutcomes(run.folder);
    } catch (const Error& error) {
        read.unknown = fmt::format("what {} recorded of its evaluation is damaged", name);
        return read;
    }
    if (!read.outcomes || read.outcomes->size() == 0) {
        read.unknown = fmt::format("{} did not record its evaluation example by example", name);
        return read;
    }
    read.metric = outcomeMetric(*read.outcomes, metric);
    if (!read.metric)
        read.unknown = fmt::format("{} is not recorded example by example", metric);
    return read;
}

/// 1 where an example is right; nothing where examples are not just right or wrong.
std::optional<std::vector<double>> rightExamples(const ExampleOutcomes& outcomes, const std::string& metric)
{
    if (const auto* exact = outcomes.column(metric == "accuracy" ? "exact" : "exact_match");
        exact && (metric == "accuracy" || metric == "exact_match"))
        return *exact;
    const auto* labels = outcomes.column("label");
    const auto* predicted = outcomes.column("predicted");
    if (metric != "accuracy" || !labels || !predicted)
        return std::nullopt;
    std::vector<double> right(labels->size());
    for (std::size_t i = 0; i < right.size(); ++i)
        right[i] = (*labels)[i] == (*predicted)[i] ? 1 : 0;
    return right;
}

PairedEvaluation pairedEvaluation(const ReadOutcomes& a, const ReadOutcomes& b, const std::string& metric)
{
    PairedEvaluation evaluation;
    evaluation.examples = a.outcomes->size();
    evaluation.difference = [ofA = a.metric, ofB = b.metric](std::span<const std::uint32_t> drawn) {
        return ofA(drawn) - ofB(drawn);
    };
    const auto rightA = rightExamples(*a.outcomes, metric);
    const auto rightB = rightExamples(*b.outcomes, metric);
    if (rightA && rightB)
        evaluation.discordance = discordance(*rightA, *rightB);
    return evaluation;
}

void comparePairs(GroupComparison& comparison, const std::vector<ReadOutcomes>& read,
                  const std::string& metric)
{
    std::vector<PairedEvaluation> evaluations;
    std::set<std::string> hashes;
    for (const auto& [a, b] : comparison.pairs) {
        for (const std::size_t row : {a, b})
            if (comparison.unknown.empty())
                comparison.unknown = read[row].unknown;
        if (!comparison.unknown.empty())
            return;
        if (read[a].outcomes->examplesHash != read[b].outcomes->examplesHash ||
            read[a].outcomes->size() != read[b].outcomes->size()) {
            comparison.unknown = "they were evaluated on different examples";
            return;
        }
        hashes.insert(read[a].outcomes->examplesHash);
        evaluations.push_back(pairedEvaluation(read[a], read[b], metric));
    }
    if (evaluations.empty())
        return;
    comparison.difference =
        pairedDifference(evaluations, hashes.size() == 1 ? ExampleSets::Shared : ExampleSets::Separate);
}

} // namespace

RunStatistics runStatistics(const Runs& runs, const RunComparison& comparison, const std::string& baselineId)
{
    RunStatistics statistics;
    statistics.metric = comparison.metric;
    std::vector<ExperimentConfig> keys;
    statistics.groups = groupsOf(runs, comparison, keys);
    if (runs.empty())
        return statistics;
    for (RunGroup& group : statistics.groups)
        summarize(group, runs, comparison);
    compareRates(statistics.groups, keys, statistics.metric);
    statistics.baseline = baselineOf(statistics.groups, comparison, baselineId);
    std::vector<ReadOutcomes> read(runs.size());
    if (statistics.groups.size() > 1)
        for (std::size_t row = 0; row < runs.size(); ++row)
            read[row] = outcomesOf(*runs[row], comparison.metric);
    for (std::size_t group = 0; group < statistics.groups.size(); ++group) {
        if (group == statistics.baseline)
            continue;
        GroupComparison& each = statistics.comparisons.emplace_back();
        each.group = group;
        each.pairs = pairsOf(statistics.groups[group], statistics.baselineGroup(), runs);
        comparePairs(each, read, comparison.metric);
    }
    return statistics;
}

std::optional<bool> isBetter(const RunStatistics& statistics, const GroupComparison& comparison)
{
    if (!comparison.difference || comparison.difference->isWithinNoise())
        return std::nullopt;
    return (comparison.difference->difference < 0) == isLowerBetter(statistics.metric);
}

} // namespace lora
