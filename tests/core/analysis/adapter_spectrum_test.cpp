#include "core/analysis/adapter_spectrum.h"
#include "core/analysis/subspace_overlap.h"
#include "core/lora/adapter_injection.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_models.h"

#include <limits>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

LoraConfig allLinear(int r)
{
    LoraConfig config;
    config.r = r;
    config.targetModules = "all-linear";
    return config;
}

/// A tiny model whose adapters have learned something, by name of `salt`.
std::unique_ptr<LanguageModel<float>> adapted(int r, const std::string& salt, const TinyBert& tiny = {})
{
    auto model = tinyModel<float>(tiny);
    applyMethod(*model, {MethodType::Lora, allLinear(r)}, 1);
    for (const LinearSite<float>& site : model->linears())
        if (site.linear->adapter) {
            LoraAdapter<float>& adapter = *site.linear->adapter;
            for (Parameter<float>* parameter : {&adapter.a, &adapter.b}) {
                const auto values = randomValues<float>(parameter->size(), parameter->name() + salt, 0.3);
                std::copy(values.begin(), values.end(), parameter->mutableValue().data);
            }
        }
    return model;
}

} // namespace

TEST(Spectrum, EffectiveRankIsTheNumberOfEqualDirections)
{
    EXPECT_DOUBLE_EQ(effectiveRank(std::vector<double>{2, 2, 2, 0, 0}), 3);
    EXPECT_DOUBLE_EQ(effectiveRank(std::vector<double>{5}), 1);
    EXPECT_EQ(effectiveRank(std::vector<double>{0, 0}), 0);
    EXPECT_EQ(effectiveRank({}), 0);
    // Roy and Vetterli: exp(−Σ p ln p); p = 3/4, 1/4.
    EXPECT_NEAR(effectiveRank(std::vector<double>{3, 1}),
                std::exp(-0.75 * std::log(0.75) + 0.25 * std::log(4)), 1e-12);
    EXPECT_DOUBLE_EQ(stableRank(std::vector<double>{2, 2, 2, 0}), 3);
    EXPECT_DOUBLE_EQ(stableRank(std::vector<double>{2, 1}), 1.25);
    EXPECT_EQ(stableRank(std::vector<double>{0}), 0);
}

TEST(Spectrum, EnergyDecidesHowManyDirectionsStay)
{
    const std::vector<double> values{3, 1, 0}; // squares: 9, 1
    EXPECT_EQ(rankForEnergy(values, 0.9), 1);
    EXPECT_EQ(rankForEnergy(values, 0.91), 2);
    EXPECT_EQ(rankForEnergy(values, 1), 2);
    EXPECT_EQ(rankForEnergy(std::vector<double>{0, 0}, 0.9), 0);
}

TEST(Spectrum, AdaptersAreMeasuredAgainstTheWeightTheySitOn)
{
    const auto model = adapted(2, "x");
    const std::vector<ModuleSpectrum> spectra = adapterSpectra(*model);
    ASSERT_EQ(spectra.size(), 13u); // six in each of two layers, and the pooler
    for (const LinearSite<float>& site : model->linears()) {
        const auto found = std::ranges::find(spectra, site.linear->name(), &ModuleSpectrum::module);
        if (!site.linear->adapter) {
            EXPECT_EQ(found, spectra.end());
            continue;
        }
        ASSERT_NE(found, spectra.end());
        std::vector<float> delta(static_cast<std::size_t>(site.linear->weight.size()));
        site.linear->adapter->writeDelta({delta.data(), found->out, found->in});
        double change = 0;
        double weight = 0;
        for (std::size_t i = 0; i < delta.size(); ++i) {
            change += delta[i] * delta[i];
            weight += site.linear->weight.data()[i] * site.linear->weight.data()[i];
        }
        EXPECT_NEAR(found->changeNorm, std::sqrt(change), 1e-5 * std::sqrt(change));
        EXPECT_NEAR(found->relativeChange, std::sqrt(change / weight), 1e-5);
        EXPECT_EQ(found->rank, 2);
        EXPECT_EQ(found->singularValues.size(), 2u);
        EXPECT_GE(found->effectiveRank, 1);
        EXPECT_LE(found->effectiveRank, 2);
    }
}

TEST(Spectrum, AMergedAdapterHasTheSpectrumItHadAsAnAdapter)
{
    for (const char* family : {"bert", "gpt2"}) { // gpt2: weights turned in files
        TinyBert tiny;
        tiny.family = family;
        const auto base = tinyModel<float>(tiny);
        const auto model = adapted(2, "x", tiny);
        const std::vector<ModuleSpectrum> before = adapterSpectra(*model);
        mergeAdapters(*model);
        const std::vector<ModuleSpectrum> after = changeSpectra(*model, *base);
        ASSERT_EQ(before.size(), after.size());
        for (std::size_t i = 0; i < before.size(); ++i) {
            EXPECT_EQ(before[i].module, after[i].module);
            EXPECT_EQ(after[i].rank, std::nullopt);
            for (std::size_t k = 0; k < 2; ++k)
                EXPECT_NEAR(before[i].singularValues[k], after[i].singularValues[k], 1e-5);
            EXPECT_LT(after[i].singularValues[2], 1e-5);
        }
    }
}

TEST(Spectrum, OfDoraIsTheOneOfTheMergedWeightsChange)
{
    const auto base = tinyModel<float>();
    const auto model = tinyModel<float>();
    LoraConfig config = allLinear(2);
    config.useDora = true;
    applyMethod(*model, {MethodType::Lora, config}, 1);
    for (const LinearSite<float>& site : model->linears())
        if (site.linear->adapter) {
            randomize(site.linear->adapter->b, 0.3);
            for (std::int64_t i = 0; i < site.linear->outFeatures(); ++i)
                site.linear->magnitude->vector.mutableValue().data[i] *= 1 + 0.1F * static_cast<float>(i % 3);
            site.linear->refreshMagnitude();
        }
    const std::vector<ModuleSpectrum> spectra = adapterSpectra(*model);
    for (const LinearSite<float>& site : model->linears())
        site.linear->mergeAdapter();
    const std::vector<ModuleSpectrum> merged = changeSpectra(*model, *base);
    ASSERT_EQ(spectra.size(), 13u);
    for (const ModuleSpectrum& spectrum : spectra) {
        const auto same = std::ranges::find(merged, spectrum.module, &ModuleSpectrum::module);
        ASSERT_NE(same, merged.end());
        EXPECT_EQ(spectrum.rank, 2);
        EXPECT_NEAR(spectrum.changeNorm, same->changeNorm, 1e-5 * same->changeNorm);
        EXPECT_NEAR(spectrum.effectiveRank, same->effectiveRank, 1e-3 * same->effectiveRank);
        EXPECT_GT(spectrum.singularValues.at(2), 1e-3 * spectrum.singularValues.front())
            << spectrum.module << ": the magnitudes change more directions than the pair has";
    }
}

TEST(Spectrum, AnUntrainedAdapterHasNone)
{
    auto model = tinyModel<float>();
    applyMethod(*model, {MethodType::Lora, allLinear(3)}, 1);
    for (const ModuleSpectrum& spectrum : adapterSpectra(*model)) {
        EXPECT_EQ(spectrum.effectiveRank, 0);
        EXPECT_EQ(spectrum.relativeChange, 0);
        EXPECT_EQ(spectrum.rank90, 0);
    }
}

TEST(Spectrum, ModelsOfAnotherShapeAndBrokenWeightsAreNamed)
{
    TinyBert wide;
    wide.intermediate = 14;
    const auto model = tinyModel<float>();
    const auto other = tinyModel<float>(wide);
    expectError(ErrorKind::BadInput, "intermediate.dense", [&] { changeSpectra(*model, *other); });
    const auto broken = adapted(2, "x");
    for (const LinearSite<float>& site : broken->linears())
        if (site.linear->name().ends_with("layer.1.attention.self.key"))
            site.linear->adapter->b.mutableValue().data[0] = std::numeric_limits<float>::quiet_NaN();
    expectError(ErrorKind::BadInput, "layer.1.attention.self.key", [&] { adapterSpectra(*broken); });
}

TEST(Overlap, OfAnAdapterWithItselfIsOne)
{
    const auto model = adapted(4, "x");
    const AdapterOverlap overlap = adapterOverlap(*model, *model);
    ASSERT_EQ(overlap.modules.size(), 13u);
    for (const ModuleOverlap& module : overlap.modules) {
        EXPECT_EQ(module.firstRanks, (std::vector<std::int64_t>{1, 2, 4}));
        for (std::size_t i = 0; i < 3; ++i)
            for (std::size_t j = 0; j < 3; ++j) {
                EXPECT_NEAR(module.input[i][j], 1, 1e-9); // one space holds the other
                EXPECT_NEAR(module.output[i][j], 1, 1e-9);
            }
    }
}

TEST(Overlap, OfRandomDirectionsIsWhatChanceGives)
{
    const std::int64_t dimensions = 60;
    double sum = 0;
    const int pairs = 60;
    for (int pair = 0; pair < pairs; ++pair) {
        const auto svd = [&](const std::string& salt) {
            const std::string name = salt + std::to_string(pair);
            const auto a = randomValues<float>(4 * dimensions, "a" + name);
            const auto b = randomValues<float>(dimensions * 4, "b" + name);
            return svdOfProduct({b.data(), dimensions, 4}, {a.data(), 4, dimensions}, 1, "m");
        };
        sum += subspaceOverlap(svd("x"), svd("y"), 2, 4, DirectionSide::Input);
        EXPECT_LE(sum, pair + 1);
    }
    EXPECT_NEAR(sum / pairs, expectedOverlap(2, 4, dimensions), 0.015);
}

TEST(Overlap, OfOrthogonalDirectionsIsZeroAndCountsAreChecked)
{
    const std::vector<float> b{1, 0, 0, 1}; // [2, 2]
    const std::vector<float> first{1, 0, 0, 0, 0, 1, 0, 0};
    const std::vector<float> second{0, 0, 1, 0, 0, 0, 0, 1};
    const LowRankSvd x = svdOfProduct({b.data(), 2, 2}, {first.data(), 2, 4}, 1, "m");
    const LowRankSvd y = svdOfProduct({b.data(), 2, 2}, {second.data(), 2, 4}, 1, "m");
    EXPECT_NEAR(subspaceOverlap(x, y, 2, 2, DirectionSide::Input), 0, 1e-12);
    EXPECT_NEAR(subspaceOverlap(x, y, 2, 2, DirectionSide::Output), 1, 1e-12);
    expectError(ErrorKind::BadUsage, "3 and 1 directions",
                [&] { subspaceOverlap(x, y, 3, 1, DirectionSide::Input); });
}

TEST(Overlap, ModulesAdaptedInOneModelAloneAreNamed)
{
    const auto all = adapted(2, "x");
    auto some = tinyModel<float>();
    LoraConfig config;
    config.targetModules = std::vector<std::string>{"query"};
    applyMethod(*some, {MethodType::Lora, config}, 1);
    const AdapterOverlap overlap = adapterOverlap(*all, *some);
    EXPECT_EQ(overlap.modules.size(), 2u);
    EXPECT_EQ(overlap.onlyInFirst.size(), 11u);
    EXPECT_TRUE(overlap.modules[0].secondRanks.empty()); // untrained: no direction
    const auto none = tinyModel<float>();
    expectError(ErrorKind::BadUsage, "no module has an adapter in both",
                [&] { adapterOverlap(*all, *none); });
}

} // namespace lora::test
