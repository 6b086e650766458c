#include "core/analysis/adapter_resize.h"

#include "core/analysis/adapter_spectrum.h"
#include "core/base/error.h"
#include "core/base/rng.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace lora {

namespace {

Parameter<float> weightOf(const Parameter<float>& like, std::int64_t rows, std::int64_t cols)
{
    Parameter<float> parameter(like.name(), {rows, cols});
    parameter.mutableValue();
    return parameter;
}

void fill(Parameter<float>& parameter, const std::vector<float>& values)
{
    std::ranges::copy(values, parameter.mutableValue().data);
}

/// The pair within a larger one.
void grow(const LoraAdapter<float>& original, LoraAdapter<float>& larger)
{
    const Matrix<float> a = larger.a.mutableValue();
    const Matrix<float> b = larger.b.mutableValue();
    const ConstMatrix<float> oldA = original.a.value();
    const ConstMatrix<float> oldB = original.b.value();
    const double bound = 1.0 / std::sqrt(static_cast<double>(a.cols)); // Kaiming-uniform with a = √5
    Rng rng(1, "grow:" + original.a.name());
    for (std::int64_t r = 0; r < a.rows; ++r)
        for (std::int64_t c = 0; c < a.cols; ++c)
            a(r, c) = r < oldA.rows ? oldA(r, c) : static_cast<float>(rng.uniform(-bound, bound));
    for (std::int64_t r = 0; r < b.rows; ++r)
        for (std::int64_t c = 0; c < b.cols; ++c)
            b(r, c) = c < oldB.cols ? oldB(r, c) : 0.0f;
}

std::int64_t mostCommon(const std::map<std::string, std::int64_t>& ranks)
{
    std::map<std::int64_t, int> counts;
    for (const auto& [module, rank] : ranks)
        ++counts[rank];
    return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })->first;
}

} // namespace

void RankChoice::check(std::int64_t largest) const
{
    if (rank.has_value() == energy.has_value())
        throw Error(ErrorKind::BadUsage, "a rank or a share of the energy is needed, and only one of them",
                    "Use --rank 8, or --energy 0.9 for as many directions as each module needs.");
    if (energy && !(*energy > 0 && *energy <= 1))
        throw Error(ErrorKind::BadUsage, fmt::format("an energy of {} is no share", *energy),
                    "Use a number above 0 and up to 1, for example 0.9.");
    if (rank && (*rank < 1 || *rank > largest))
        throw Error(ErrorKind::BadUsage,
                    fmt::format("a rank of {} is not possible: the modules have at most {} dimensions", *rank,
                                largest),
                    fmt::format("Use a rank from 1 to {}.", largest));
}

std::int64_t RankChoice::rankFor(const LowRankSvd& svd) const
{
    if (rank)
        return std::min({*rank, svd.in, svd.out});
    return std::max<std::int64_t>(1, rankForEnergy(svd.values, *energy));
}

RankedAdapter::RankedAdapter(Linear<float>& linear)
    : m_linear(&linear)
    , m_original(*linear.adapter)
    , m_svd(svdOfProduct(m_original.b.value(), m_original.a.value(), m_original.scaling, linear.name()))
{}

void RankedAdapter::setRank(std::int64_t rank)
{
    LoraAdapter<float> resized = m_original;
    if (rank != m_original.r()) {
        resized.a = weightOf(m_original.a, rank, m_svd.in);
        resized.b = weightOf(m_original.b, m_svd.out, rank);
        if (rank < m_original.r()) {
            const LowRankFactors factors = truncated(m_svd, rank, m_original.scaling);
            fill(resized.a, factors.a);
            fill(resized.b, factors.b);
        } else {
            grow(m_original, resized);
        }
    }
    m_linear->adapter = std::move(resized);
    m_linear->refreshMagnitude();
}

std::vector<RankedAdapter> rankedAdapters(LanguageModel<float>& model)
{
    std::vector<RankedAdapter> adapters;
    for (const LinearSite<float>& site : model.linears())
        if (site.linear->adapter)
            adapters.emplace_back(*site.linear);
    return adapters;
}

double truncationError(const std::vector<RankedAdapter>& adapters, std::int64_t rank)
{
    double lost = 0;
    double total = 0;
    for (const RankedAdapter& adapter : adapters) {
        const double norm = adapter.svd().norm;
        lost += std::pow(norm * truncationError(adapter.svd(), rank), 2);
        total += norm * norm;
    }
    return total > 0 ? std::sqrt(lost / total) : 0;
}

ResizedAdapter resizeAdapters(LanguageModel<float>& model, const LoraConfig& config, const RankChoice& choice)
{
    std::vector<RankedAdapter> adapters = rankedAdapters(model);
    if (adapters.empty())
        throw Error(ErrorKind::BadUsage, "this model has no adapters to resize",
                    "A fully fine-tuned model becomes an adapter with `extract`.");
    std::int64_t largest = 0;
    for (const RankedAdapter& adapter : adapters)
        largest = std::max(largest, std::min(adapter.svd().in, adapter.svd().out));
    choice.check(largest);
    ResizedAdapter resized;
    double lost = 0;
    double total = 0;
    for (RankedAdapter& adapter : adapters) {
        const std::int64_t rank = choice.rankFor(adapter.svd());
        const double error = truncationError(adapter.svd(), rank);
        adapter.setRank(rank);
        resized.modules.push_back({adapter.module(), adapter.rank(), rank, error});
        lost += std::pow(error * adapter.svd().norm, 2);
        total += adapter.svd().norm * adapter.svd().norm;
    }
    resized.error = total > 0 ? std::sqrt(lost / total) : 0;
    resized.config = describedRanks(config, model);
    return resized;
}

LoraConfig describedRanks(LoraConfig config, LanguageModel<float>& model)
{
    std::map<std::string, std::int64_t> ranks;
    std::map<std::string, double> alphas;
    for (const LinearSite<float>& site : model.linears()) {
        if (!site.linear->adapter)
            continue;
        const LoraAdapter<float>& adapter = *site.linear->adapter;
        const auto rank = static_cast<double>(adapter.r());
        ranks[site.linear->name()] = adapter.r();
        alphas[site.linear->name()] = adapter.scaling * (config.useRslora ? std::sqrt(rank) : rank);
    }
    const std::int64_t usual = mostCommon(ranks);
    const auto first =
        std::ranges::find_if(ranks, [usual](const auto& entry) { return entry.second == usual; });
    config.r = static_cast<int>(usual);
    config.loraAlpha = alphas.at(first->first);
    config.rankPattern.clear();
    config.alphaPattern.clear();
    for (const auto& [module, rank] : ranks) {
        if (rank != usual)
            config.rankPattern[module] = static_cast<int>(rank);
        if (alphas[module] != config.loraAlpha)
            config.alphaPattern[module] = alphas[module];
    }
    return config;
}

} // namespace lora
