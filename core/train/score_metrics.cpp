#include "core/train/score_metrics.h"

#include "core/base/check.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lora {

namespace {

double meanOf(std::span<const double> values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Ranks from 1; equal values share the mean of theirs.
std::vector<double> ranksOf(std::span<const double> values)
{
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> ranks(values.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t end = first + 1;
        while (end < order.size() && values[order[end]] == values[order[first]])
            ++end;
        for (std::size_t i = first; i < end; ++i)
            ranks[order[i]] = static_cast<double>(first + end + 1) / 2;
        first = end;
    }
    return ranks;
}

} // namespace

double pearsonCorrelation(std::span<const double> a, std::span<const double> b)
{
    LORA_ASSERT(a.size() == b.size());
    if (a.empty())
        return 0;
    const double meanA = meanOf(a);
    const double meanB = meanOf(b);
    double products = 0;
    double squaresA = 0;
    double squaresB = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        products += (a[i] - meanA) * (b[i] - meanB);
        squaresA += (a[i] - meanA) * (a[i] - meanA);
        squaresB += (b[i] - meanB) * (b[i] - meanB);
    }
    const double denominator = std::sqrt(squaresA) * std::sqrt(squaresB);
    return denominator > 0 ? std::clamp(products / denominator, -1.0, 1.0) : 0;
}

double spearmanCorrelation(std::span<const double> a, std::span<const double> b)
{
    // No order among what cannot be compared.
    const auto isNan = [](double value) { return std::isnan(value); };
    if (std::ranges::any_of(a, isNan) || std::ranges::any_of(b, isNan))
        return 0;
    return pearsonCorrelation(ranksOf(a), ranksOf(b));
}

double meanSquaredError(std::span<const double> truth, std::span<const double> predicted)
{
    double sum = 0;
    for (std::size_t i = 0; i < truth.size(); ++i)
        sum += (truth[i] - predicted[i]) * (truth[i] - predicted[i]);
    return truth.empty() ? 0 : sum / static_cast<double>(truth.size());
}

double meanAbsoluteError(std::span<const double> truth, std::span<const double> predicted)
{
    double sum = 0;
    for (std::size_t i = 0; i < truth.size(); ++i)
        sum += std::abs(truth[i] - predicted[i]);
    return truth.empty() ? 0 : sum / static_cast<double>(truth.size());
}

LabelCounter::LabelCounter(std::size_t labels)
    : m_counts(labels)
{}

void LabelCounter::add(const std::vector<bool>& truth, const std::vector<bool>& predicted)
{
    LORA_ASSERT(truth.size() == m_counts.size() && predicted.size() == m_counts.size());
    for (std::size_t label = 0; label < m_counts.size(); ++label) {
        m_counts[label].both += truth[label] && predicted[label] ? 1 : 0;
        m_counts[label].truth += truth[label] ? 1 : 0;
        m_counts[label].predicted += predicted[label] ? 1 : 0;
    }
    ++m_rows;
    m_exact += truth == predicted ? 1 : 0;
}

double LabelCounter::f1Of(const Counts& counts)
{
    const auto sum = static_cast<double>(counts.truth + counts.predicted);
    return sum > 0 ? 2.0 * static_cast<double>(counts.both) / sum : 0;
}

double LabelCounter::f1() const
{
    Counts all;
    for (const Counts& counts : m_counts) {
        all.both += counts.both;
        all.truth += counts.truth;
        all.predicted += counts.predicted;
    }
    return f1Of(all);
}

double LabelCounter::f1Macro() const
{
    double sum = 0;
    for (const Counts& counts : m_counts)
        sum += f1Of(counts);
    return m_counts.empty() ? 0 : sum / static_cast<double>(m_counts.size());
}

double LabelCounter::accuracy() const
{
    return m_rows > 0 ? static_cast<double>(m_exact) / static_cast<double>(m_rows) : 0;
}

} // namespace lora
