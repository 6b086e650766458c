#include "core/analysis/paired_statistics.h"

#include "core/analysis/student_distribution.h"
#include "core/base/check.h"
#include "core/base/rng.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lora {

namespace {

constexpr double level = 0.95;
constexpr std::uint64_t drawSeed = 20240501;

/// Indices below `count`, with replacement; two of every random number (Lemire 2019, whose bias below
/// 2⁻³² · count does not matter here).
void draw(std::size_t count, Rng& rng, std::vector<std::uint32_t>& drawn)
{
    drawn.resize(count);
    const auto scaled = [&](std::uint64_t bits) { return static_cast<std::uint32_t>((bits * count) >> 32); };
    for (std::size_t i = 0; i < count; i += 2) {
        const std::uint64_t bits = rng.next();
        drawn[i] = scaled(bits >> 32);
        if (i + 1 < count)
            drawn[i + 1] = scaled(bits & 0xFFFFFFFFu);
    }
}

std::vector<double> onAllExamples(std::span<const PairedEvaluation> evaluations)
{
    std::vector<double> differences;
    std::vector<std::uint32_t> all;
    for (const PairedEvaluation& evaluation : evaluations) {
        all.resize(evaluation.examples);
        std::iota(all.begin(), all.end(), 0u);
        differences.push_back(evaluation.difference(all));
    }
    return differences;
}

double mean(std::span<const double> values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// As many of the sorted values are cut from below as from above, so that swapping mirrors the interval.
Interval percentiles(std::vector<double> values)
{
    const auto cut =
        static_cast<std::ptrdiff_t>(std::floor((1 - level) / 2 * static_cast<double>(values.size())));
    const auto last = static_cast<std::ptrdiff_t>(values.size()) - 1 - cut;
    std::nth_element(values.begin(), values.begin() + cut, values.end());
    const double low = values[static_cast<std::size_t>(cut)];
    std::nth_element(values.begin(), values.begin() + last, values.end());
    return {low, values[static_cast<std::size_t>(last)]};
}

/// Percentiles of the seeds' mean difference over drawn examples.
Interval exampleInterval(std::span<const PairedEvaluation> evaluations, ExampleSets sets,
                         std::size_t resamples)
{
    Rng rng(drawSeed, "paired bootstrap");
    std::vector<std::uint32_t> drawn;
    std::vector<double> means(resamples);
    for (double& result : means) {
        double sum = 0;
        for (std::size_t i = 0; i < evaluations.size(); ++i) {
            if (i == 0 || sets == ExampleSets::Separate)
                draw(evaluations[i].examples, rng, drawn);
            sum += evaluations[i].difference(drawn);
        }
        result = sum / static_cast<double>(evaluations.size());
    }
    return percentiles(std::move(means));
}

/// The interval of a sum of two independent parts around `center`, from their own.
Interval joined(double center, const Interval& a, const Interval& b)
{
    const auto root = [](double x, double y) { return std::sqrt(x * x + y * y); };
    return {center - root(std::max(0.0, center - a.low), std::max(0.0, center - b.low)),
            center + root(std::max(0.0, a.high - center), std::max(0.0, b.high - center))};
}

} // namespace

Discordance discordance(std::span<const double> a, std::span<const double> b)
{
    LORA_ASSERT(a.size() == b.size());
    Discordance pairs;
    for (std::size_t i = 0; i < a.size(); ++i) {
        pairs.onlyA += a[i] > 0.5 && b[i] <= 0.5 ? 1 : 0;
        pairs.onlyB += b[i] > 0.5 && a[i] <= 0.5 ? 1 : 0;
    }
    return pairs;
}

double mcnemarProbability(const Discordance& pairs)
{
    const auto n = static_cast<double>(pairs.onlyA + pairs.onlyB);
    const std::int64_t fewer = std::min(pairs.onlyA, pairs.onlyB);
    double tail = 0;
    for (std::int64_t k = fewer; k >= 0; --k) {
        const auto x = static_cast<double>(k);
        const double term =
            std::exp(std::lgamma(n + 1) - std::lgamma(x + 1) - std::lgamma(n - x + 1) - n * std::log(2.0));
        tail += term;
        if (term < tail * 1e-18)
            break; // the rest is smaller still
    }
    return std::min(1.0, 2 * tail);
}

Interval sharesInterval(const Discordance& pairs, std::int64_t examples)
{
    constexpr double normal = 1.959963984540054;
    const double count = static_cast<double>(examples) + 2;
    const double a = static_cast<double>(pairs.onlyA) + 0.5;
    const double b = static_cast<double>(pairs.onlyB) + 0.5;
    const double difference = (a - b) / count;
    const double half = normal * std::sqrt(a + b - (a - b) * (a - b) / count) / count;
    return {difference - half, difference + half};
}

MeanInterval meanInterval(std::span<const double> values)
{
    LORA_ASSERT(!values.empty());
    MeanInterval result;
    result.count = values.size();
    result.mean = mean(values);
    if (values.size() < 2)
        return result;
    double squares = 0;
    for (const double value : values)
        squares += (value - result.mean) * (value - result.mean);
    const auto n = static_cast<double>(values.size());
    result.deviation = std::sqrt(squares / (n - 1));
    const double half = studentQuantile((1 + level) / 2, n - 1) * result.deviation / std::sqrt(n);
    result.interval = Interval{result.mean - half, result.mean + half};
    return result;
}

PairedDifference pairedDifference(std::span<const PairedEvaluation> evaluations, ExampleSets sets,
                                  std::size_t resamples)
{
    LORA_ASSERT(!evaluations.empty() && resamples > 0);
    PairedDifference result;
    result.seeds = evaluations.size();
    result.bySeed = onAllExamples(evaluations);
    result.examples = std::ranges::min(evaluations, {}, &PairedEvaluation::examples).examples;
    LORA_ASSERT(result.examples > 0);
    const MeanInterval overSeeds = meanInterval(result.bySeed);
    result.difference = overSeeds.mean;
    result.interval = exampleInterval(evaluations, sets, resamples);
    if (overSeeds.interval) {
        result.interval = joined(result.difference, *overSeeds.interval, result.interval);
    } else if (const auto& pairs = evaluations[0].discordance) {
        result.mcnemar = mcnemarProbability(*pairs);
        const Interval shares = sharesInterval(*pairs, static_cast<std::int64_t>(result.examples));
        result.interval = {std::min(result.interval.low, shares.low),
                           std::max(result.interval.high, shares.high)};
    }
    return result;
}

} // namespace lora
