#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// By how much a truncated model is worse than the untruncated one on the same examples, in the metric's unit
/// (accuracy: shares of 1), with its 95 % interval; below 0: better.
struct RankLoss
{
    double mean = 0;
    double low = 0;
    double high = 0;

    /// Zero lies in the interval, or all of it is a gain.
    bool isWithinNoise() const { return low <= 0; }
};

/// What one rank gives. Without `loss` nothing can be said about it.
struct RankEvidence
{
    std::int64_t rank = 0; ///< 0: without adapters, the trained head alone
    std::optional<RankLoss> loss;
};

/// A run really trained at that rank, of a sweep; means over its seeds.
struct TrainedRank
{
    std::int64_t rank = 0;
    double metric = 0;
    int seeds = 1;
};

struct RankQuestion
{
    std::string metric = "accuracy";
    std::int64_t rows = 0; ///< evaluation examples
    std::int64_t trainedRank = 0;
    double effectiveRank = 0;            ///< of its adapters' updates, the median module
    std::vector<RankEvidence> truncated; ///< ascending, ranks below `trainedRank`
    std::vector<TrainedRank> trained;    ///< may be empty
};

enum class RankVerdict {
    Suffices, ///< `rank` loses no more than noise
    NeedsAll, ///< every smaller rank loses more
    Unknown   ///< the examples cannot tell
};

struct RankAdvice
{
    RankVerdict verdict = RankVerdict::Unknown;
    std::optional<std::int64_t> rank; ///< when verdict is Suffices
    std::string sentence;
};

/// Which rank would have been enough: the smallest one from which on every rank measured stays within noise
/// of the untruncated run, or surely loses no more than 5 % of what the adapters bring (many examples make
/// even trifles certain). It is unknown where even no adapters at all are within noise, or where the interval
/// is wider than half of what the adapters bring. The sentence is made from these numbers alone.
RankAdvice adviseRank(const RankQuestion& question);

/// "−0.20": points (hundredths) of accuracy and other shares of 1, the rest as they are.
std::string metricDifferenceText(const std::string& metric, double difference);
/// "points" or the metric's name: what the above counts.
std::string metricDifferenceUnit(const std::string& metric);

/// The median; 0 of nothing.
double median(std::vector<double> values);

} // namespace lora
