#include "core/analysis/adapter_extraction.h"
#include "core/analysis/adapter_resize.h"
#include "core/lora/adapter_injection.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_models.h"

#include <limits>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

LoraConfig configOf(int r)
{
    LoraConfig config;
    config.r = r;
    config.loraAlpha = 3;
    config.targetModules = "all-linear";
    return config;
}

std::unique_ptr<LanguageModel<float>> adapted(const LoraConfig& config)
{
    auto model = tinyModel<float>();
    applyMethod(*model, {MethodType::Lora, config}, 1);
    model->visitParameters([](Parameter<float>& parameter) {
        if (isAdapterParameter(parameter.name()))
            randomize(parameter, 0.3);
    });
    return model;
}

/// What a full fine-tuning might have made of the model: every weight moved a little.
std::unique_ptr<LanguageModel<float>> tuned(const TinyBert& tiny, TaskType task, double step = 0.2)
{
    auto model = tinyModel<float>(tiny, task, task == TaskType::CausalLm ? 0 : 3);
    model->visitParameters([step](Parameter<float>& parameter) {
        const auto noise = randomValues<float>(parameter.size(), "step " + parameter.name(), step);
        for (std::size_t i = 0; i < noise.size(); ++i)
            parameter.mutableValue().data[i] += noise[i];
    });
    return model;
}

std::vector<float> logitsOf(const LanguageModel<float>& model,
                            TaskType task = TaskType::SequenceClassification)
{
    ModelPass<float> pass(model);
    Batch batch = randomBatch({5, 9, 2}, task);
    batch.tokenLabels.clear();
    pass.evaluate(batch);
    return {pass.logits().data, pass.logits().data + pass.logits().size()};
}

double largestDifference(const std::vector<float>& a, const std::vector<float>& b)
{
    EXPECT_EQ(a.size(), b.size());
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        worst = std::max(worst, static_cast<double>(std::abs(a[i] - b[i])));
    return worst;
}

RankChoice rank(std::int64_t r)
{
    return {r, std::nullopt};
}

} // namespace

TEST(Resize, ToItsOwnOrALargerRankLeavesTheLogitsAsTheyAre)
{
    for (const bool isRslora : {false, true}) {
        LoraConfig config = configOf(3);
        config.useRslora = isRslora;
        const auto model = adapted(config);
        const std::vector<float> before = logitsOf(*model);
        const ResizedAdapter same = resizeAdapters(*model, config, rank(3));
        EXPECT_EQ(largestDifference(before, logitsOf(*model)), 0);
        EXPECT_EQ(same.config.r, 3);
        EXPECT_EQ(same.config.loraAlpha, 3);
        const ResizedAdapter larger = resizeAdapters(*model, config, rank(7));
        EXPECT_LT(largestDifference(before, logitsOf(*model)), 1e-5);
        EXPECT_EQ(larger.config.r, 7);
        EXPECT_NEAR(larger.config.loraAlpha, isRslora ? 3 / std::sqrt(3) * std::sqrt(7) : 7, 1e-12);
        EXPECT_EQ(larger.error, 0);
    }
}

TEST(Resize, GrownDirectionsCanLearn)
{
    const auto model = adapted(configOf(2));
    resizeAdapters(*model, configOf(2), rank(4));
    for (const LinearSite<float>& site : model->linears()) {
        if (!site.linear->adapter)
            continue;
        const ConstMatrix<float> a = site.linear->adapter->a.value();
        const ConstMatrix<float> b = site.linear->adapter->b.value();
        for (std::int64_t r = 2; r < 4; ++r) {
            EXPECT_NE(a(r, 0), 0); // else neither A nor B would ever get a gradient
            EXPECT_EQ(b(0, r), 0);
        }
    }
}

TEST(Resize, ErrorOfEveryModuleIsTheOneOfItsUpdate)
{
    const auto model = adapted(configOf(5));
    std::map<std::string, std::vector<float>> before;
    for (const LinearSite<float>& site : model->linears())
        if (site.linear->adapter) {
            auto& delta = before[site.linear->name()];
            delta.resize(static_cast<std::size_t>(site.linear->weight.size()));
            site.linear->adapter->writeDelta(
                {delta.data(), site.linear->outFeatures(), site.linear->inFeatures()});
        }
    const ResizedAdapter resized = resizeAdapters(*model, configOf(5), rank(2));
    ASSERT_EQ(resized.modules.size(), before.size());
    double lost = 0;
    double total = 0;
    for (const LinearSite<float>& site : model->linears()) {
        if (!site.linear->adapter)
            continue;
        const std::vector<float>& old = before[site.linear->name()];
        std::vector<float> delta(old.size());
        site.linear->adapter->writeDelta(
            {delta.data(), site.linear->outFeatures(), site.linear->inFeatures()});
        double error = 0;
        double norm = 0;
        for (std::size_t i = 0; i < old.size(); ++i) {
            error += std::pow(old[i] - delta[i], 2);
            norm += std::pow(old[i], 2);
        }
        const auto found = std::ranges::find(resized.modules, site.linear->name(), &ResizedModule::module);
        EXPECT_EQ(found->oldRank, 5);
        EXPECT_EQ(found->rank, 2);
        EXPECT_NEAR(found->error, std::sqrt(error / norm), 1e-5);
        lost += error;
        total += norm;
    }
    EXPECT_NEAR(resized.error, std::sqrt(lost / total), 1e-5);
}

TEST(Resize, ByEnergyEveryModuleGetsTheRankItNeedsAndTheConfigSaysSo)
{
    LoraConfig config = configOf(4);
    config.alphaPattern["key"] = 20;
    const auto model = adapted(config);
    // One module uses a single direction, the others four.
    for (const LinearSite<float>& site : model->linears())
        if (site.linear->name().ends_with("layer.0.attention.self.query")) {
            const Matrix<float> b = site.linear->adapter->b.mutableValue();
            for (std::int64_t r = 0; r < b.rows; ++r)
                for (std::int64_t c = 1; c < b.cols; ++c)
                    b(r, c) = 0;
        }
    const std::vector<float> before = logitsOf(*model);
    const ResizedAdapter resized = resizeAdapters(*model, config, {std::nullopt, 1 - 1e-12});
    EXPECT_EQ(resized.config.r, 4);
    ASSERT_EQ(resized.config.rankPattern.size(), 1u);
    EXPECT_EQ(resized.config.rankPattern.begin()->second, 1);
    EXPECT_LT(largestDifference(before, logitsOf(*model)), 1e-5);
    // A reader of the config builds the same ranks and scalings.
    const auto reader = tinyModel<float>();
    attachAdapters(*reader, planTraining({MethodType::Lora, resized.config}, partsOf(*reader)).adapters, 0);
    const auto sites = model->linears();
    const auto read = reader->linears();
    for (std::size_t i = 0; i < sites.size(); ++i)
        if (sites[i].linear->adapter) {
            EXPECT_EQ(sites[i].linear->adapter->r(), read[i].linear->adapter->r());
            EXPECT_NEAR(sites[i].linear->adapter->scaling, read[i].linear->adapter->scaling, 1e-12);
        }
}

TEST(Resize, ImpossibleRanksAreRefused)
{
    const auto model = adapted(configOf(2));
    for (const std::int64_t r : {-1, 0, 10})
        expectError(ErrorKind::BadUsage, "is not possible",
                    [&] { resizeAdapters(*model, configOf(2), rank(r)); });
    expectError(ErrorKind::BadUsage, "is no share", [&] {
        resizeAdapters(*model, configOf(2), {std::nullopt, 0.0});
    });
    expectError(ErrorKind::BadUsage, "only one of them", [&] {
        resizeAdapters(*model, configOf(2), {2, 0.5});
    });
    const auto plain = tinyModel<float>();
    expectError(ErrorKind::BadUsage, "no adapters", [&] { resizeAdapters(*plain, configOf(2), rank(1)); });
}

TEST(RankedAdapters, GoToEveryRankAndBack)
{
    const auto model = adapted(configOf(4));
    const std::vector<float> before = logitsOf(*model);
    std::vector<RankedAdapter> adapters = rankedAdapters(*model);
    double last = 2;
    for (const std::int64_t r : {1, 2, 3}) {
        for (RankedAdapter& adapter : adapters)
            adapter.setRank(r);
        EXPECT_GT(largestDifference(before, logitsOf(*model)), 1e-4);
        EXPECT_LT(truncationError(adapters, r), last);
        last = truncationError(adapters, r);
    }
    for (RankedAdapter& adapter : adapters)
        adapter.setRank(4);
    EXPECT_EQ(largestDifference(before, logitsOf(*model)), 0);
}

TEST(Extraction, AtFullRankReproducesTheTrainedModel)
{
    for (const char* family : {"bert", "gpt2"})
        for (const TaskType task : {TaskType::SequenceClassification, TaskType::CausalLm}) {
            TinyBert tiny;
            tiny.family = family;
            if (task == TaskType::CausalLm && tiny.family == "bert")
                continue;
            const auto trained = tuned(tiny, task);
            const auto base = tinyModel<float>(tiny, task, task == TaskType::CausalLm ? 0 : 3);
            const Extraction extraction = extractAdapter(*trained, *base, {rank(9), false});
            EXPECT_LT(extraction.error, 1e-6);
            EXPECT_TRUE(extraction.leftOut.empty());
            EXPECT_LT(largestDifference(logitsOf(*trained, task), logitsOf(*base, task)), 2e-4) << family;
        }
}

TEST(Extraction, OfALowRankChangeIsExactAtThatRank)
{
    const auto trained = adapted(configOf(2));
    const std::vector<float> expected = logitsOf(*trained);
    mergeAdapters(*trained);
    const auto base = tinyModel<float>();
    const Extraction extraction = extractAdapter(*trained, *base, {rank(2), false});
    EXPECT_LT(extraction.error, 1e-5);
    EXPECT_LT(largestDifference(expected, logitsOf(*base)), 1e-4);
    EXPECT_TRUE(extraction.saved.empty());
    EXPECT_EQ(extraction.config.bias, "none");
    EXPECT_EQ(extraction.modules.size(), 13u);
}

TEST(Extraction, WhatIsNotLinearIsSavedWholeOrNamed)
{
    const auto trained = tuned({}, TaskType::SequenceClassification);
    const auto base = tinyModel<float>();
    const Extraction whole = extractAdapter(*trained, *base, {rank(1), false});
    EXPECT_EQ(whole.config.bias, "all");
    const std::set<std::string> saved(whole.saved.begin(), whole.saved.end());
    EXPECT_TRUE(saved.contains("word_embeddings"));
    EXPECT_TRUE(saved.contains("LayerNorm"));
    EXPECT_TRUE(whole.leftOut.empty());
    const auto other = tinyModel<float>();
    const Extraction linear = extractAdapter(*trained, *other, {rank(1), true});
    EXPECT_TRUE(linear.saved.empty());
    EXPECT_EQ(linear.config.bias, "none");
    EXPECT_NE(std::ranges::find(linear.leftOut, "bert.embeddings.word_embeddings.weight"),
              linear.leftOut.end());
    // The head is there in both: without it the adapter would mean nothing.
    other->visitHeadParameters([&](Parameter<float>& parameter) {
        trained->visitParameters([&](Parameter<float>& original) {
            if (original.name() == parameter.name() && parameter.name().starts_with("classifier")) {
                EXPECT_EQ(parameter.data()[0], original.data()[0]) << parameter.name();
            }
        });
    });
}

TEST(Extraction, ModulesThatDidNotMoveGetNoAdapter)
{
    auto trained = tinyModel<float>();
    for (const LinearSite<float>& site : trained->linears())
        if (site.linear->name().ends_with("layer.1.output.dense"))
            randomize(site.linear->weight);
    const auto base = tinyModel<float>();
    const Extraction extraction = extractAdapter(*trained, *base, {{std::nullopt, 0.5}, false});
    ASSERT_EQ(extraction.modules.size(), 1u);
    EXPECT_TRUE(extraction.modules[0].module.ends_with("layer.1.output.dense"));
    EXPECT_GT(extraction.error, 0);
    EXPECT_LT(extraction.error, std::sqrt(0.5) + 1e-9); // half the energy stays
}

TEST(Extraction, OtherModelsAndBrokenWeightsAreRefused)
{
    const auto trained = tuned({}, TaskType::SequenceClassification);
    TinyBert deep;
    deep.layers = 3;
    const auto deeper = tinyModel<float>(deep);
    expectError(ErrorKind::BadInput, "layer.2", [&] { extractAdapter(*trained, *deeper, {rank(1), false}); });
    const auto same = tuned({}, TaskType::SequenceClassification);
    expectError(ErrorKind::BadUsage, "no linear module differs", [&] {
        extractAdapter(*trained, *same, {rank(1), false});
    });
    const auto base = tinyModel<float>();
    expectError(ErrorKind::BadUsage, "rank of 99 is not possible", [&] {
        extractAdapter(*trained, *base, {rank(99), false});
    });
    trained->visitParameters([](Parameter<float>& parameter) {
        if (parameter.name().ends_with("layer.0.attention.output.LayerNorm.weight"))
            parameter.mutableValue().data[1] = std::numeric_limits<float>::infinity();
    });
    expectError(ErrorKind::BadInput, "layer.0.attention.output.LayerNorm.weight", [&] {
        extractAdapter(*trained, *base, {rank(1), false});
    });
}

} // namespace lora::test
