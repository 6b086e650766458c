#include "core/base/stopwatch.h"
#include "core/lora/target_selection.h"
#include "tests/support/expect_error.h"

namespace lora::test {
namespace {

/// The linear modules of a two-block BERT with a classifier, in order of the forward pass.
std::vector<TargetCandidate> bertModules()
{
    std::vector<TargetCandidate> modules;
    for (int block = 0; block < 2; ++block)
        for (const char* part : {"attention.self.query", "attention.self.key", "attention.self.value",
                                 "attention.output.dense", "intermediate.dense", "output.dense"})
            modules.push_back({"bert.encoder.layer." + std::to_string(block) + "." + part, block, false});
    modules.push_back({"bert.pooler.dense", -1, false});
    modules.push_back({"classifier", -1, true});
    return modules;
}

std::vector<std::string> selected(const LoraConfig& config,
                                  const std::vector<std::string>& modulesToSave = {"classifier", "score"})
{
    std::vector<std::string> names;
    for (const AdapterPlan& plan : planAdapters(config, bertModules(), modulesToSave))
        names.push_back(plan.module);
    return names;
}

LoraConfig targeting(std::variant<std::vector<std::string>, std::string> targets)
{
    LoraConfig config;
    config.targetModules = std::move(targets);
    return config;
}

using Names = std::vector<std::string>;

TEST(TargetSelection, AListEntryIsAPathOrItsEndAfterADot)
{
    EXPECT_EQ(selected(targeting(Names{"query"})), (Names{"bert.encoder.layer.0.attention.self.query",
                                                          "bert.encoder.layer.1.attention.self.query"}));
    EXPECT_EQ(selected(targeting(Names{"bert.pooler.dense"})), Names{"bert.pooler.dense"});
    EXPECT_EQ(selected(targeting(Names{"1.output.dense"})), Names{"bert.encoder.layer.1.output.dense"});
    EXPECT_EQ(selected(targeting(Names{"dense"})).size(), 7u);
    expectError(ErrorKind::BadUsage, "\"uery\"", [] { selected(targeting(Names{"uery"})); });
}

TEST(TargetSelection, OverlappingEntriesGiveOneAdapterEach)
{
    EXPECT_EQ(selected(targeting(Names{"dense", "output.dense", "query"})).size(), 9u);
}

TEST(TargetSelection, AStringIsARegularExpressionOfTheWholePath)
{
    EXPECT_EQ(selected(targeting(R"(.*\.[01]\.attention\.self\.(query|value))")).size(), 4u);
    EXPECT_EQ(selected(targeting(R"(.*layer\.1.*query)")),
              Names{"bert.encoder.layer.1.attention.self.query"});
    // Part of a path is not enough, and a string is never an end.
    expectError(ErrorKind::BadUsage, "select no linear module", [] { selected(targeting("layer")); });
    expectError(ErrorKind::BadUsage, "select no linear module", [] { selected(targeting("query")); });
}

TEST(TargetSelection, AllLinearIsEverythingButTheHead)
{
    const Names names = selected(targeting("all-linear"));
    EXPECT_EQ(names.size(), 13u);
    EXPECT_EQ(std::count(names.begin(), names.end(), "classifier"), 0);
    EXPECT_EQ(std::count(names.begin(), names.end(), "bert.pooler.dense"), 1);
    const Names withoutSaved = selected(targeting("all-linear"), {});
    EXPECT_EQ(std::count(withoutSaved.begin(), withoutSaved.end(), "classifier"), 0);
}

TEST(TargetSelection, SavedModulesGetNoAdapter)
{
    const Names names = selected(targeting("all-linear"), {"classifier", "pooler"});
    EXPECT_EQ(names.size(), 12u);
    EXPECT_EQ(std::count(names.begin(), names.end(), "bert.pooler.dense"), 0);
    expectError(ErrorKind::BadUsage, "select no linear module",
                [] { selected(targeting(Names{"classifier"})); });
}

TEST(TargetSelection, LayersToTransformLimitsBlocks)
{
    LoraConfig config = targeting(Names{"query", "pooler.dense"});
    config.layersToTransform = std::vector<int>{1};
    EXPECT_EQ(selected(config), Names{"bert.encoder.layer.1.attention.self.query"});
    config.layersToTransform = std::vector<int>{0, 1, 7};
    EXPECT_EQ(selected(config).size(), 2u);
    config.layersToTransform = std::vector<int>{7};
    expectError(ErrorKind::BadUsage, "targets and layers select no linear module", [&] { selected(config); });
}

TEST(TargetSelection, PatternsGiveRankAndAlphaAndTheFirstMatchWins)
{
    LoraConfig config = targeting(Names{"query", "value", "pooler.dense"});
    config.r = 8;
    config.loraAlpha = 16;
    config.rankPattern = {{R"(layer\.0\.attention\.self\.query)", 2}, {"query", 4}, {"dense", 3}};
    config.alphaPattern = {{"value", 32.0}};
    const auto plans = planAdapters(config, bertModules(), {"classifier"});
    ASSERT_EQ(plans.size(), 5u);
    std::map<std::string, AdapterPlan> byName;
    for (const AdapterPlan& plan : plans)
        byName[plan.module] = plan;
    EXPECT_EQ(byName["bert.encoder.layer.0.attention.self.query"].r, 2);
    EXPECT_EQ(byName["bert.encoder.layer.1.attention.self.query"].r, 4);
    EXPECT_EQ(byName["bert.encoder.layer.1.attention.self.value"].r, 8);
    EXPECT_EQ(byName["bert.pooler.dense"].r, 3);
    EXPECT_EQ(byName["bert.encoder.layer.0.attention.self.value"].alpha, 32);
    EXPECT_DOUBLE_EQ(byName["bert.encoder.layer.0.attention.self.value"].scaling, 4);
    EXPECT_DOUBLE_EQ(byName["bert.encoder.layer.0.attention.self.query"].scaling, 8);
}

TEST(TargetSelection, PatternKeysMatchAfterADotOnly)
{
    LoraConfig config = targeting(Names{"query"});
    config.rankPattern = {{"uery", 1}, {"self.quer", 2}};
    for (const AdapterPlan& plan : planAdapters(config, bertModules(), {}))
        EXPECT_EQ(plan.r, config.r);
}

TEST(TargetSelection, RsloraDividesByTheRootOfEachRank)
{
    LoraConfig config = targeting(Names{"query", "value"});
    config.useRslora = true;
    config.r = 16;
    config.loraAlpha = 8;
    config.rankPattern = {{"value", 4}};
    for (const AdapterPlan& plan : planAdapters(config, bertModules(), {}))
        EXPECT_DOUBLE_EQ(plan.scaling, plan.r == 16 ? 2 : 4);
}

TEST(TargetSelection, AWrongNameGetsASuggestionAndTheNamesThereAre)
{
    try {
        selected(targeting(Names{"query", "vlaue"}));
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("did you mean \"value\"?"), std::string::npos)
            << error.what();
        EXPECT_NE(error.hint().find("dense, key, query, value"), std::string::npos) << error.hint();
    }
}

TEST(TargetSelection, MalformedRegularExpressionsAreRefused)
{
    for (const char* pattern : {"(", "[a", "*", "a{2,1}", "(?<n", "\\"})
        expectError(ErrorKind::BadUsage, "cannot be used", [&] { selected(targeting(pattern)); });
    LoraConfig config = targeting(Names{"query"});
    config.rankPattern = {{"(", 4}};
    expectError(ErrorKind::BadUsage, "cannot be used", [&] { selected(config); });
}

TEST(TargetSelection, EvilRegularExpressionsGiveUp)
{
    const Stopwatch stopwatch;
    for (const char* pattern : {R"((([a-z.0-9]+)+)+!)", R"((.*)*(.*)*(.*)*(.*)*(.*)*!)"})
        expectError(ErrorKind::BadUsage, "cannot be used", [&] { selected(targeting(pattern)); });
    LoraConfig config = targeting(Names{"query"});
    config.alphaPattern = {{R"((([a-z.0-9]+)+)+!)", 4.0}};
    expectError(ErrorKind::BadUsage, "cannot be used", [&] { selected(config); });
    EXPECT_LT(stopwatch.seconds(), 20);
}

TEST(SavedModules, ClassificationAddsItsHeads)
{
    EXPECT_EQ(savedModules({}, TaskType::SequenceClassification), (Names{"classifier", "score"}));
    EXPECT_EQ(savedModules({"pooler", "classifier"}, TaskType::SequenceClassification),
              (Names{"pooler", "classifier", "score"}));
    EXPECT_EQ(savedModules({"pooler"}, TaskType::MaskedLm), Names{"pooler"});
}

TEST(SavedModules, AParameterBelongsWhenAModuleOnItsPathEndsWithTheName)
{
    EXPECT_TRUE(isInSavedModule("classifier.weight", {"classifier"}));
    EXPECT_TRUE(isInSavedModule("bert.pooler.dense.bias", {"pooler"}));
    EXPECT_TRUE(isInSavedModule("bert.pooler.dense.bias", {"dense"}));
    EXPECT_FALSE(isInSavedModule("bert.pooler.dense.bias", {"bias"}));
    EXPECT_FALSE(isInSavedModule("bert.pooler.dense.bias", {"pool", "Dense"}));
    EXPECT_FALSE(isInSavedModule("bert.pooler.dense.bias", {""}));
    EXPECT_FALSE(isInSavedModule("weight", {"weight"}));
}

} // namespace
} // namespace lora::test
