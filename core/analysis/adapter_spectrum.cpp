#include "core/analysis/adapter_spectrum.h"

#include "core/analysis/low_rank.h"
#include "core/analysis/weight_change.h"
#include "core/base/error.h"

#include <cmath>
#include <numeric>

namespace lora {

namespace {

double squares(std::span<const double> values)
{
    return std::transform_reduce(values.rbegin(), values.rend(), 0.0, std::plus<>(),
                                 [](double value) { return value * value; });
}

void locate(ModuleSpectrum& spectrum, const LinearSite<float>& site)
{
    spectrum.module = site.linear->name();
    spectrum.block = site.block;
    spectrum.out = site.linear->outFeatures();
    spectrum.in = site.linear->inFeatures();
}

/// Singular values of what the adapter changes. DoRA's change, and that of a pair taken out of the weight, is
/// not s · B A: it is formed.
std::vector<double> changeValues(const Linear<float>& linear)
{
    const LoraAdapter<float>& adapter = *linear.adapter;
    if (!linear.magnitude && !adapter.start)
        return svdOfProduct(adapter.b.value(), adapter.a.value(), adapter.scaling, linear.name()).values;
    std::vector<float> change(static_cast<std::size_t>(linear.outFeatures() * linear.inFeatures()));
    linear.writeChange({change.data(), linear.outFeatures(), linear.inFeatures()});
    return singularValuesOf({change.data(), linear.outFeatures(), linear.inFeatures()}, linear.name());
}

} // namespace

double effectiveRank(std::span<const double> singularValues)
{
    const double sum = std::accumulate(singularValues.rbegin(), singularValues.rend(), 0.0);
    if (!(sum > 0))
        return 0;
    double entropy = 0;
    for (const double value : singularValues)
        if (value > 0)
            entropy -= value / sum * std::log(value / sum);
    return std::exp(entropy);
}

double stableRank(std::span<const double> singularValues)
{
    if (singularValues.empty() || !(singularValues.front() > 0))
        return 0;
    return squares(singularValues) / (singularValues.front() * singularValues.front());
}

std::int64_t rankForEnergy(std::span<const double> singularValues, double energy)
{
    const double total = squares(singularValues);
    if (!(total > 0))
        return 0;
    double left = total;
    std::int64_t rank = 0;
    // What is left has to be small: the same question, but without the rounding of a sum near its end.
    const double mayStay = (1 - energy) * total + 1e-15 * total;
    while (rank < static_cast<std::int64_t>(singularValues.size()) && left > mayStay) {
        ++rank;
        left = squares(singularValues.subspan(static_cast<std::size_t>(rank)));
    }
    return rank;
}

ModuleSpectrum spectrumFrom(std::vector<double> singularValues, double weightNorm)
{
    ModuleSpectrum spectrum;
    spectrum.effectiveRank = effectiveRank(singularValues);
    spectrum.stableRank = stableRank(singularValues);
    spectrum.rank90 = rankForEnergy(singularValues, 0.9);
    spectrum.rank99 = rankForEnergy(singularValues, 0.99);
    spectrum.changeNorm = std::sqrt(squares(singularValues));
    spectrum.weightNorm = weightNorm;
    spectrum.relativeChange = weightNorm > 0 ? spectrum.changeNorm / weightNorm : 0;
    spectrum.singularValues = std::move(singularValues);
    return spectrum;
}

std::vector<ModuleSpectrum> adapterSpectra(LanguageModel<float>& model)
{
    std::vector<ModuleSpectrum> spectra;
    for (const LinearSite<float>& site : model.linears()) {
        if (!site.linear->adapter)
            continue;
        ModuleSpectrum spectrum =
            spectrumFrom(changeValues(*site.linear), frobeniusNorm(site.linear->usedWeight()));
        locate(spectrum, site);
        spectrum.rank = site.linear->adapter->r();
        spectra.push_back(std::move(spectrum));
    }
    return spectra;
}

std::vector<ModuleSpectrum> changeSpectra(LanguageModel<float>& tuned, LanguageModel<float>& base)
{
    std::vector<ModuleSpectrum> spectra;
    for (const LinearChange& change : linearChanges(tuned, base)) {
        const std::vector<float> delta = change.delta();
        const std::string& name = change.tuned.linear->name();
        ModuleSpectrum spectrum = spectrumFrom(
            singularValuesOf(
                {delta.data(), change.tuned.linear->outFeatures(), change.tuned.linear->inFeatures()}, name),
            frobeniusNorm(change.base.linear->usedWeight()));
        locate(spectrum, change.tuned);
        spectra.push_back(std::move(spectrum));
    }
    return spectra;
}

} // namespace lora
