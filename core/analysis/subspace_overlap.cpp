#include "core/analysis/subspace_overlap.h"

#include "core/base/error.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace lora {

namespace {

/// Directions weaker than rounding are none: an untrained adapter has no direction at all.
std::int64_t directionCount(const LowRankSvd& svd)
{
    constexpr double rounding = 1e-6;
    return std::ranges::count_if(
        svd.values, [&](double value) { return value > rounding * svd.values.front() && value > 0; });
}

double dot(const LowRankSvd& first, const LowRankSvd& second, std::int64_t i, std::int64_t j,
           DirectionSide side)
{
    const bool isInput = side == DirectionSide::Input;
    const std::int64_t length = isInput ? first.in : first.out;
    const double* a = isInput ? first.right.data() + i * first.in : first.left.data() + i;
    const double* b = isInput ? second.right.data() + j * second.in : second.left.data() + j;
    const std::int64_t strideA = isInput ? 1 : first.size();
    const std::int64_t strideB = isInput ? 1 : second.size();
    double sum = 0;
    for (std::int64_t k = 0; k < length; ++k)
        sum += a[k * strideA] * b[k * strideB];
    return sum;
}

/// Sums of squared cosines over the leading i and j, for all pairs of ranks from one table of cosines.
std::vector<std::vector<double>> overlapGrid(const LowRankSvd& first, const LowRankSvd& second,
                                             const std::vector<std::int64_t>& firstRanks,
                                             const std::vector<std::int64_t>& secondRanks, DirectionSide side)
{
    const auto rows = static_cast<std::size_t>(firstRanks.back());
    const auto cols = static_cast<std::size_t>(secondRanks.back());
    std::vector<std::vector<double>> sums(rows + 1, std::vector<double>(cols + 1));
    for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = 0; j < cols; ++j) {
            const double cosine =
                dot(first, second, static_cast<std::int64_t>(i), static_cast<std::int64_t>(j), side);
            sums[i + 1][j + 1] = cosine * cosine + sums[i][j + 1] + sums[i + 1][j] - sums[i][j];
        }
    std::vector<std::vector<double>> grid;
    for (const std::int64_t i : firstRanks) {
        std::vector<double>& line = grid.emplace_back();
        for (const std::int64_t j : secondRanks)
            line.push_back(sums[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)] /
                           static_cast<double>(std::min(i, j)));
    }
    return grid;
}

LowRankSvd svdOf(const Linear<float>& linear)
{
    const LoraAdapter<float>& adapter = *linear.adapter;
    return svdOfProduct(adapter.b.value(), adapter.a.value(), adapter.scaling, linear.name());
}

ModuleOverlap moduleOverlap(const Linear<float>& first, const Linear<float>& second)
{
    if (first.inFeatures() != second.inFeatures() || first.outFeatures() != second.outFeatures())
        throw Error(ErrorKind::BadInput,
                    fmt::format("{} is [{}, {}] in one run and [{}, {}] in the other", first.name(),
                                first.outFeatures(), first.inFeatures(), second.outFeatures(),
                                second.inFeatures()),
                    "Overlap can be told between adapters of one base model.");
    const LowRankSvd a = svdOf(first);
    const LowRankSvd b = svdOf(second);
    ModuleOverlap overlap{first.name(), first.inFeatures(), first.outFeatures(), {}, {}, {}, {}};
    overlap.firstRanks = powersOfTwoUpTo(directionCount(a));
    overlap.secondRanks = powersOfTwoUpTo(directionCount(b));
    if (overlap.firstRanks.empty() || overlap.secondRanks.empty())
        return overlap;
    overlap.input = overlapGrid(a, b, overlap.firstRanks, overlap.secondRanks, DirectionSide::Input);
    overlap.output = overlapGrid(a, b, overlap.firstRanks, overlap.secondRanks, DirectionSide::Output);
    return overlap;
}

} // namespace

double subspaceOverlap(const LowRankSvd& first, const LowRankSvd& second, std::int64_t i, std::int64_t j,
                       DirectionSide side)
{
    if (i < 1 || j < 1 || i > first.size() || j > second.size())
        throw Error(ErrorKind::BadUsage,
                    fmt::format("{} and {} directions were asked for, there are {} and {}", i, j,
                                first.size(), second.size()));
    return overlapGrid(first, second, {i}, {j}, side).front().front();
}

double expectedOverlap(std::int64_t i, std::int64_t j, std::int64_t dimensions)
{
    return static_cast<double>(std::max(i, j)) / static_cast<double>(dimensions);
}

AdapterOverlap adapterOverlap(LanguageModel<float>& first, LanguageModel<float>& second)
{
    std::map<std::string, Linear<float>*> others;
    for (const LinearSite<float>& site : second.linears())
        if (site.linear->adapter)
            others[site.linear->name()] = site.linear;
    AdapterOverlap overlap;
    for (const LinearSite<float>& site : first.linears()) {
        if (!site.linear->adapter)
            continue;
        const auto found = others.find(site.linear->name());
        if (found == others.end()) {
            overlap.onlyInFirst.push_back(site.linear->name());
            continue;
        }
        overlap.modules.push_back(moduleOverlap(*site.linear, *found->second));
        others.erase(found);
    }
    for (const LinearSite<float>& site : second.linears())
        if (others.contains(site.linear->name()))
            overlap.onlyInSecond.push_back(site.linear->name());
    if (overlap.modules.empty())
        throw Error(ErrorKind::BadUsage, "no module has an adapter in both runs",
                    "Compare runs that adapt the same modules of one base model.");
    return overlap;
}

std::vector<std::int64_t> powersOfTwoUpTo(std::int64_t rank)
{
    std::vector<std::int64_t> ranks;
    for (std::int64_t power = 1; power < rank; power *= 2)
        ranks.push_back(power);
    if (rank > 0)
        ranks.push_back(rank);
    return ranks;
}

} // namespace lora
