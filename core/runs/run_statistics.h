#pragma once

#include "core/analysis/paired_statistics.h"
#include "core/runs/run_comparison.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace lora {

/// Runs of the same configuration that differ in nothing but name and seed, each seed once.
struct RunGroup
{
    std::string name;                 ///< without the seed
    std::string method;               ///< "lora", "full", "head"
    std::vector<std::size_t> members; ///< rows of the comparison
    std::optional<MeanInterval> metric;
    std::optional<double> computeRatio; ///< to full fine-tuning, mean
    std::int64_t trainableParameters = 0;
    /// Groups that differ from this one in nothing but the learning rate, itself included.
    std::size_t triedRates = 1;
    bool isBestRate = true; ///< none of those has a better metric
};

/// A group against the baseline, on the same evaluation examples: paired by seed, in their order where the
/// groups have no seed in common.
struct GroupComparison
{
    std::size_t group = 0;
    std::vector<std::pair<std::size_t, std::size_t>> pairs; ///< rows of (group, baseline) for each seed
    std::optional<PairedDifference> difference;             ///< metric of the group minus the baseline's
    std::string unknown; ///< without a difference: why it cannot be told, half a sentence
};

/// What runs say about each other.
struct RunStatistics
{
    std::string metric;
    std::vector<RunGroup> groups;
    std::size_t baseline = 0; ///< group; full fine-tuning at its best rate if there is one, else the first
    std::vector<GroupComparison> comparisons;

    const RunGroup& baselineGroup() const { return groups[baseline]; }
};

/// `comparison` is of the same runs. Reads the run folders' evaluation outcomes. `baselineId`: id of a run
/// whose group is the baseline, "" for the usual one. Throws lora::Error (BadUsage) when no run has that id.
RunStatistics runStatistics(const std::vector<std::shared_ptr<const RunRecord>>& runs,
                            const RunComparison& comparison, const std::string& baselineId = "");

/// Whether the group is better (true) or worse than the baseline; nothing within noise, or where it cannot be
/// told. "Within noise" is when the 95 % interval of the paired difference contains zero.
std::optional<bool> isBetter(const RunStatistics& statistics, const GroupComparison& comparison);

/// "−0.40" and "−1.9 to 1.1": in hundredths (points) for shares and correlations, else in the metric's unit.
std::string differenceText(const std::string& metric, double difference);
std::string intervalText(const std::string& metric, const Interval& interval);
/// "0.862 ± 0.021", half of the 95 % interval over the seeds; without "±" for a single one.
std::string meanText(const MeanInterval& value);
/// "better", "worse", "within noise", "cannot tell".
std::string verdictText(const RunStatistics& statistics, const GroupComparison& comparison);
/// "rank 4 is within noise of full fine-tuning (−0.40 points of accuracy, 95 % interval −1.9 to 1.1,
/// 872 examples, 3 seeds) at 26 % of its compute …." or that and why it cannot be told.
std::string comparisonSentence(const RunStatistics& statistics, const GroupComparison& comparison);
/// The sentence about the group that computes least of those within noise of the baseline, else about the
/// best one; empty when there is only one group. Every configuration speaks by its best learning rate.
std::string statisticsConclusion(const RunStatistics& statistics);
/// Whether there is anything to say: more than one group, or several seeds of one.
bool hasStatistics(const RunStatistics& statistics);
/// At most 80 columns, lines ending with '\n'; empty without anything to say.
std::string statisticsTable(const RunStatistics& statistics);

/// [{"a","b": ids, "metric","difference": a − b,"low","high","p_mcnemar","examples","seeds","by_seed",
/// "verdict"} or {"a","b","metric","unknown": why}]
nlohmann::ordered_json pairedJson(const RunStatistics& statistics, const RunComparison& comparison);

} // namespace lora
