#include "core/lora/adapter_injection.h"
#include "core/lora/training_plan.h"
#include "core/math/elementwise.h"
#include "core/models/model_family.h"
#include "tests/support/tiny_models.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

std::vector<std::string> names(const TrainableParameters<float>& trainable)
{
    std::vector<std::string> list;
    for (const Parameter<float>* parameter : trainable.parameters())
        list.push_back(parameter->name());
    return list;
}

MethodConfig loraMethod(std::vector<std::string> targets, std::string bias = "none")
{
    MethodConfig method;
    method.lora.r = 2;
    method.lora.targetModules = std::move(targets);
    method.lora.bias = std::move(bias);
    return method;
}

TEST(TrainableParameters, LoraTrainsPairsAndHeadOnly)
{
    const auto model = tinyModel<float>({.layers = 1});
    const auto trainable = applyMethod(*model, loraMethod({"query"}), 1);
    EXPECT_EQ(names(trainable),
              (std::vector<std::string>{"bert.encoder.layer.0.attention.self.query.lora_A.weight",
                                        "bert.encoder.layer.0.attention.self.query.lora_B.weight",
                                        "classifier.weight", "classifier.bias"}));
    EXPECT_EQ(trainable.size(), 2 * 2 * 9 + 3 * 9 + 3);
    std::int64_t offset = 0;
    for (const Parameter<float>* parameter : trainable.parameters()) {
        EXPECT_EQ(parameter->gradientOffset(), offset);
        offset += parameter->size();
    }
    model->visitParameters([&](Parameter<float>& parameter) {
        const auto& list = trainable.parameters();
        EXPECT_EQ(parameter.isTrainable(), std::find(list.begin(), list.end(), &parameter) != list.end());
    });
}

TEST(TrainableParameters, BiasSettingsFollowPeft)
{
    const auto count = [](const std::string& bias) {
        const auto model = tinyModel<float>({.layers = 1});
        std::int64_t biases = 0;
        for (const std::string& name : names(applyMethod(*model, loraMethod({"query", "key"}, bias), 1)))
            biases += name.ends_with(".bias") && !name.starts_with("classifier");
        return biases;
    };
    EXPECT_EQ(count("none"), 0);
    EXPECT_EQ(count("lora_only"), 2);
    EXPECT_EQ(count("all"), 6 + 3 + 1); // linears, norms, pooler
}

TEST(TrainableParameters, HeadAndFullMethods)
{
    const auto model = tinyModel<float>();
    EXPECT_EQ(names(applyMethod(*model, {.type = MethodType::Head, .lora = {}}, 1)),
              (std::vector<std::string>{"classifier.weight", "classifier.bias"}));
    EXPECT_EQ(applyMethod(*model, {.type = MethodType::Full, .lora = {}}, 1).size(), model->parameterCount());
    MethodConfig bitFit{.type = MethodType::Head, .lora = {}};
    bitFit.lora.bias = "all";
    const std::vector<std::string> biases = names(applyMethod(*model, bitFit, 1));
    EXPECT_GT(biases.size(), 10u);
    for (const std::string& name : biases)
        EXPECT_TRUE(name.ends_with(".bias") || name == "classifier.weight") << name;
    MethodConfig withPooler{.type = MethodType::Head, .lora = {}};
    withPooler.lora.modulesToSave = {"pooler"};
    EXPECT_EQ(names(applyMethod(*model, withPooler, 1)).size(), 4u);
}

TEST(AdapterInjection, AIsUniformWithinItsBoundAndBIsZero)
{
    const auto model = tinyModel<float>({.hidden = 64, .heads = 4});
    LoraConfig config;
    config.r = 16;
    applyMethod(*model, {.type = MethodType::Lora, .lora = config}, 3);
    const double bound = 1 / std::sqrt(64.0);
    for (const LinearSite<float>& site : model->linears()) {
        if (!site.linear->adapter)
            continue;
        const LoraAdapter<float>& adapter = *site.linear->adapter;
        EXPECT_EQ(sumOfSquares<float>({adapter.b.data(), static_cast<std::size_t>(adapter.b.size())}), 0);
        double largest = 0;
        for (std::int64_t i = 0; i < adapter.a.size(); ++i)
            largest = std::max<double>(largest, std::abs(adapter.a.data()[i]));
        EXPECT_LE(largest, bound * (1 + 1e-6));
        EXPECT_GT(largest, 0.97 * bound);
        const double meanSquare =
            sumOfSquares<float>({adapter.a.data(), static_cast<std::size_t>(adapter.a.size())}) /
            static_cast<double>(adapter.a.size());
        EXPECT_NEAR(meanSquare, bound * bound / 3, 0.1 * bound * bound);
    }
}

TEST(AdapterInjection, TheSameSeedStartsTheSameWhateverElseIsAdapted)
{
    const auto startOf = [](std::vector<std::string> targets, std::uint64_t seed) {
        const auto model = tinyModel<float>();
        const auto trainable = applyMethod(*model, loraMethod(std::move(targets)), seed);
        const Parameter<float>& a = *trainable.parameters().back();
        for (const Parameter<float>* parameter : trainable.parameters())
            if (parameter->name() == "bert.encoder.layer.1.attention.self.value.lora_A.weight")
                return std::vector<float>(parameter->data(), parameter->data() + parameter->size());
        return std::vector<float>(a.data(), a.data());
    };
    const std::vector<float> alone = startOf({"value"}, 1);
    ASSERT_EQ(alone.size(), 18u);
    EXPECT_EQ(alone, startOf({"query", "value", "dense"}, 1));
    EXPECT_NE(alone, startOf({"value"}, 2));
}

ModelConfig bertBase()
{
    return tinyConfig({.vocabulary = 30522,
                       .hidden = 768,
                       .layers = 12,
                       .heads = 12,
                       .intermediate = 3072,
                       .positions = 512});
}

TEST(ParameterCounts, BertBaseForTwoLabels)
{
    // Shapes alone: no weight gets a value.
    const auto model = familyOf<float>(bertBase()).make(bertBase(), TaskType::SequenceClassification, 2);
    constexpr std::int64_t d = 768, inner = 3072;
    constexpr std::int64_t embeddings = (30522 + 512 + 2) * d + 2 * d;
    constexpr std::int64_t block = 4 * (d * d + d) + (d * inner + inner) + (inner * d + d) + 2 * 2 * d;
    constexpr std::int64_t head = (d * d + d) + (2 * d + 2);
    EXPECT_EQ(model->parameterCount(), embeddings + 12 * block + head);
    EXPECT_EQ(model->parameterCount(), 109'483'778);
    model->visitParameters([](Parameter<float>& parameter) { EXPECT_FALSE(parameter.hasValues()); });
}

TEST(ParameterCounts, BertBaseAdaptersOfRankEight)
{
    const auto model = familyOf<float>(bertBase()).make(bertBase(), TaskType::SequenceClassification, 2);
    LoraConfig config;
    config.r = 8;
    attachAdapters(*model, planTraining({.type = MethodType::Lora, .lora = config}, partsOf(*model)).adapters,
                   0);
    model->visitParameters([](Parameter<float>& parameter) { EXPECT_FALSE(parameter.hasValues()); });
    std::int64_t adapters = 0;
    model->visitParameters([&](Parameter<float>& parameter) {
        if (parameter.name().find(".lora_") != std::string::npos)
            adapters += parameter.size();
    });
    EXPECT_EQ(adapters, 12 * 2 * 8 * (768 + 768));
    EXPECT_EQ(adapters, 294'912);
}

} // namespace
} // namespace lora::test
