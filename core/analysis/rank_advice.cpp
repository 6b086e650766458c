#include "core/analysis/rank_advice.h"

#include "core/base/quantity_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace lora {

namespace {

bool isShare(const std::string& metric)
{
    constexpr std::array<std::string_view, 6> shares = {"accuracy", "f1",        "f1_macro",
                                                        "f1_micro", "precision", "recall"};
    return std::ranges::find(shares, metric) != shares.end();
}

/// Two digits; differences below a hundredth of a point are none.
std::string numberText(const std::string& metric, double value)
{
    const double shown = isShare(metric) ? 100 * value : value;
    if (isShare(metric) && std::abs(shown) < 0.005)
        return "0";
    return (shown < 0 ? "−" : "") + significantText(std::abs(shown), std::abs(shown) < 0.1 ? 1 : 2);
}

std::string unitOf(const std::string& metric)
{
    return isShare(metric) ? " points of " + metric : " of " + metric;
}

std::string intervalText(const std::string& metric, const RankLoss& loss)
{
    return fmt::format("{} to {}", numberText(metric, loss.low), numberText(metric, loss.high));
}

/// "loses 0.2 points of accuracy (95 % interval −0.9 to 0.5)"
std::string lossText(const std::string& metric, const RankLoss& loss)
{
    const std::string amount = numberText(metric, std::abs(loss.mean));
    const std::string interval = fmt::format("(95 % interval of the loss {})", intervalText(metric, loss));
    if (amount == "0")
        return fmt::format("it loses nothing {}", interval);
    return fmt::format("it {} {}{} {}", loss.mean < 0 ? "gains" : "loses", amount, unitOf(metric), interval);
}

std::string effectiveText(const RankQuestion& question)
{
    return fmt::format("the effective rank of its updates is {}", significantText(question.effectiveRank, 2));
}

/// What really training a lower rank gave beside truncating to it; empty without sweep.
std::string trainedText(const RankQuestion& question, std::int64_t rank)
{
    const auto at = [&](std::int64_t wanted) {
        return std::ranges::find(question.trained, wanted, &TrainedRank::rank);
    };
    const auto small = at(rank);
    const auto large = at(question.trainedRank);
    if (rank == question.trainedRank || small == question.trained.end() || large == question.trained.end())
        return {};
    return fmt::format(" Trained anew, rank {} reached {} {} and rank {} {} ({} and {} seeds).", rank,
                       question.metric, significantText(small->metric, 4), question.trainedRank,
                       significantText(large->metric, 4), small->seeds, large->seeds);
}

const RankEvidence* withoutAdapters(const RankQuestion& question)
{
    const bool isMeasured = !question.truncated.empty() && question.truncated.front().rank == 0 &&
                            question.truncated.front().loss.has_value();
    return isMeasured ? &question.truncated.front() : nullptr;
}

/// Surely next to nothing beside what the adapters bring in all.
bool isTrifle(const RankQuestion& question, const RankLoss& loss)
{
    constexpr double trifle = 0.05;
    const RankEvidence* none = withoutAdapters(question);
    return none && loss.high <= trifle * none->loss->mean;
}

RankAdvice unknown(std::string sentence)
{
    return {RankVerdict::Unknown, std::nullopt, std::move(sentence)};
}

RankAdvice needsAll(const RankQuestion& question, const RankEvidence& next)
{
    return {
        RankVerdict::NeedsAll, std::nullopt,
        fmt::format("No smaller rank suffices on these {} examples: truncated from {} to {} {}, more than "
                    "noise; {}. Whether a larger rank would do better, truncation cannot tell.{}",
                    question.rows, question.trainedRank, next.rank, lossText(question.metric, *next.loss),
                    effectiveText(question), trainedText(question, next.rank))};
}

RankAdvice suffices(const RankQuestion& question, std::size_t index)
{
    const RankEvidence& found = question.truncated[index];
    std::string sentence =
        fmt::format("Rank {} suffices on these {} examples: truncated from {} {}, {}; {}", found.rank,
                    question.rows, question.trainedRank, lossText(question.metric, *found.loss),
                    found.loss->isWithinNoise() ? "within noise" : "little beside what the adapters bring",
                    effectiveText(question));
    const bool hasSmaller = index > 0 && question.truncated[index - 1].rank > 0;
    if (hasSmaller)
        sentence +=
            fmt::format("; rank {} loses {}{} ({}), more than noise", question.truncated[index - 1].rank,
                        numberText(question.metric, question.truncated[index - 1].loss->mean),
                        isShare(question.metric) ? " points" : "",
                        intervalText(question.metric, *question.truncated[index - 1].loss));
    else if (const RankEvidence* none = withoutAdapters(question))
        sentence +=
            fmt::format("; without adapters the loss is {}{}", numberText(question.metric, none->loss->mean),
                        isShare(question.metric) ? " points" : "");
    return {RankVerdict::Suffices, found.rank, sentence + "." + trainedText(question, found.rank)};
}

} // namespace

RankAdvice adviseRank(const RankQuestion& question)
{
    const auto& points = question.truncated;
    const bool isMeasured =
        std::ranges::all_of(points, [](const RankEvidence& point) { return point.loss.has_value(); });
    if (!isMeasured)
        return unknown(
            fmt::format("Which rank suffices cannot be told: {} is not known example by example here; {}.",
                        question.metric, effectiveText(question)));
    if (points.empty() || points.back().rank == 0)
        return unknown(
            fmt::format("Which rank suffices cannot be told: no rank between 0 and {} was measured; {}.",
                        question.trainedRank, effectiveText(question)));
    const RankEvidence* none = withoutAdapters(question);
    if (none && none->loss->isWithinNoise())
        return unknown(fmt::format("Which rank suffices cannot be told from these {} examples: even without "
                                   "adapters the loss is within noise ({}); {}. More evaluation data or a "
                                   "longer training is needed.",
                                   question.rows, intervalText(question.metric, *none->loss),
                                   effectiveText(question)));
    std::size_t first = points.size();
    const auto isEnough = [&](const RankEvidence& point) {
        return point.rank > 0 && (point.loss->isWithinNoise() || isTrifle(question, *point.loss));
    };
    while (first > 0 && isEnough(points[first - 1]))
        --first;
    if (first == points.size())
        return needsAll(question, points.back());
    const RankLoss& loss = *points[first].loss;
    if (none && (loss.high - loss.low) / 2 > none->loss->mean / 2)
        return unknown(fmt::format(
            "Which rank suffices cannot be told from these {} examples: rank {} is within "
            "noise, but its interval ({}) is wide beside the {}{} the adapters bring in "
            "all; {}. More evaluation data is needed.",
            question.rows, points[first].rank, intervalText(question.metric, loss),
            numberText(question.metric, none->loss->mean), unitOf(question.metric), effectiveText(question)));
    return suffices(question, first);
}

std::string metricDifferenceText(const std::string& metric, double difference)
{
    return numberText(metric, difference);
}

std::string metricDifferenceUnit(const std::string& metric)
{
    return isShare(metric) ? "points" : metric;
}

double median(std::vector<double> values)
{
    if (values.empty())
        return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    if (values.size() % 2 == 1)
        return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

} // namespace lora
