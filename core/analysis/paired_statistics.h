#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace lora {

// How sure one is that one model is better than another, when both were evaluated on the same examples. Pure
// functions, everything random from a fixed seed: the same numbers on every machine, and swapping the two
// models mirrors every result exactly.

struct Interval
{
    double low = 0;
    double high = 0;

    bool contains(double value) const { return low <= value && value <= high; }
    bool operator==(const Interval&) const = default;
};

/// Examples that one model has right and the other wrong.
struct Discordance
{
    std::int64_t onlyA = 0;
    std::int64_t onlyB = 0;
};

/// Of two lists of the same length, entries above one half being right.
Discordance discordance(std::span<const double> a, std::span<const double> b);

/// McNemar's test (1947) in its exact form: two-sided probability of discordant pairs at least as lopsided
/// when either model is equally likely to be the one that is right, min(1, 2 P(X <= fewer)) with
/// X ~ Bin(n, 1/2).
double mcnemarProbability(const Discordance& pairs);

/// 95 % interval of the difference of two shares measured on the same `examples`: Wald's with half a pair
/// added to each of the four cells (Agresti, Min 2005), which holds for few discordant pairs too.
Interval sharesInterval(const Discordance& pairs, std::int64_t examples);

/// Mean of independent values with Student's 95 % interval, mean ± t(n−1) s / √n.
struct MeanInterval
{
    double mean = 0;
    double deviation = 0;             ///< s, with n − 1
    std::optional<Interval> interval; ///< none for a single value
    std::size_t count = 0;
};
MeanInterval meanInterval(std::span<const double> values);

/// Two models of one seed on the same examples.
struct PairedEvaluation
{
    std::size_t examples = 0;
    /// Metric of a minus metric of b over the examples drawn, any of them several times or not at all.
    std::function<double(std::span<const std::uint32_t> drawn)> difference;
    std::optional<Discordance> discordance; ///< where examples are right or wrong
};

/// Difference a − b of a metric with its 95 % interval.
struct PairedDifference
{
    double difference = 0; ///< mean over seeds, on all examples
    Interval interval;
    std::vector<double> bySeed;
    std::size_t examples = 0; ///< of a seed; the fewest of any
    std::size_t seeds = 0;
    std::optional<double> mcnemar; ///< one seed, examples right or wrong

    bool isWithinNoise() const { return interval.contains(0); }
    bool operator==(const PairedDifference&) const = default;
};

/// How examples are drawn for several seeds.
enum class ExampleSets {
    Shared,  ///< all seeds were evaluated on the same examples: they are drawn together
    Separate ///< each seed holds out examples of its own: they are drawn independently
};

inline constexpr std::size_t bootstrapResamples = 10000;

/// One seed: the paired bootstrap's percentile interval over examples (Efron, Tibshirani 1993, ch. 13;
/// Berg-Kirkpatrick, Burkett, Klein 2012 for its use here), where examples are right or wrong widened to
/// `sharesInterval`, because a percentile interval is too narrow with few discordant pairs. It says nothing
/// about other seeds.
///
/// Several seeds: both the seeds and the examples are samples. Drawing three seeds with replacement
/// understates their spread badly, so the seeds' part is Student's interval over the seeds' differences, the
/// examples' part the bootstrap of their mean, and the two half-widths of each side are joined as the root
/// of the sum of their squares (Zou, Donner 2008). What examples do differently in each seed counts in
/// both: the interval is rather too wide than too narrow, clearly so for three seeds.
///
/// `evaluations` must not be empty and have examples.
PairedDifference pairedDifference(std::span<const PairedEvaluation> evaluations, ExampleSets sets,
                                  std::size_t resamples = bootstrapResamples);

} // namespace lora
