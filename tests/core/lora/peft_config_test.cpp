#include "core/lora/peft_config.h"
#include "tests/support/expect_error.h"
#include "tests/support/mutation.h"
#include "tests/support/temporary_folder.h"

#include <nlohmann/json.hpp>

namespace lora::test {
namespace {

PeftConfig readText(const std::string& text)
{
    const TemporaryFolder folder;
    folder.write("adapter_config.json", text);
    return readPeftConfig(folder.path());
}

PeftConfig example()
{
    PeftConfig config;
    config.taskType = "SEQ_CLS";
    config.baseModel = "bert-base-uncased";
    config.lora.r = 4;
    config.lora.loraAlpha = 12.5;
    config.lora.loraDropout = 0.1;
    config.lora.targetModules = std::vector<std::string>{"query", "value"};
    config.lora.layersToTransform = std::vector<int>{0, 2};
    config.lora.rankPattern = {{"query", 2}};
    config.lora.alphaPattern = {{"value", 3.5}};
    config.lora.modulesToSave = {"classifier", "score"};
    config.lora.bias = "lora_only";
    config.lora.useRslora = true;
    return config;
}

TEST(PeftConfig, WhatIsWrittenIsReadBack)
{
    PeftConfig config = example();
    const PeftConfig again = readText(peftConfigJson(config).dump());
    EXPECT_EQ(again.lora, config.lora);
    EXPECT_EQ(again.taskType, "SEQ_CLS");
    EXPECT_EQ(again.baseModel, "bert-base-uncased");
    config.lora.targetModules = "all-linear";
    config.lora.layersToTransform.reset();
    EXPECT_EQ(readText(peftConfigJson(config).dump()).lora, config.lora);
}

TEST(PeftConfig, WholeAlphasAreWrittenAsWholeNumbers)
{
    PeftConfig config = example();
    config.lora.loraAlpha = 16;
    config.lora.alphaPattern = {{"value", 8}};
    const nlohmann::json document = peftConfigJson(config);
    EXPECT_TRUE(document["lora_alpha"].is_number_integer());
    EXPECT_TRUE(document["alpha_pattern"]["value"].is_number_integer());
    EXPECT_TRUE(peftConfigJson(example())["lora_alpha"].is_number_float());
    EXPECT_EQ(document["peft_type"], "LORA");
}

TEST(PeftConfig, DefaultsAreFilledInForOldFiles)
{
    const PeftConfig config = readText(R"({"peft_type": "LORA", "target_modules": ["query"]})");
    EXPECT_EQ(config.lora.r, 8);
    EXPECT_EQ(config.lora.loraAlpha, 8);
    EXPECT_EQ(config.lora.bias, "none");
    EXPECT_FALSE(config.lora.layersToTransform);
    const PeftConfig one =
        readText(R"({"peft_type": "LORA", "target_modules": ["query"], "layers_to_transform": 3})");
    EXPECT_EQ(*one.lora.layersToTransform, std::vector<int>{3});
}

TEST(PeftConfig, DoraIsReadAndWritten)
{
    const PeftConfig config =
        readText(R"({"peft_type": "LORA", "target_modules": ["query"], "use_dora": true})");
    EXPECT_TRUE(config.lora.useDora);
    EXPECT_EQ(peftConfigJson(config)["use_dora"], true);
}

TEST(PeftConfig, VariantsThatAreNotSupportedAreNamed)
{
    // Adapters on what a start left of the weights fit no base model.
    expectError(ErrorKind::Unsupported, "\"pissa\"", [] {
        readText(R"({"peft_type": "LORA", "target_modules": ["query"], "init_lora_weights": "pissa"})");
    });
    expectError(ErrorKind::Unsupported, "lora_bias",
                [] { readText(R"({"peft_type": "LORA", "target_modules": ["query"], "lora_bias": true})"); });
    expectError(ErrorKind::Unsupported, "\"IA3\"",
                [] { readText(R"({"peft_type": "IA3", "target_modules": ["query"]})"); });
}

TEST(PeftConfig, HostileValuesAreRefusedByName)
{
    const std::vector<std::pair<std::string, std::string>> faults = {{"r", "0"},
                                                                     {"r", "-4"},
                                                                     {"r", "1e300"},
                                                                     {"r", "2.5"},
                                                                     {"r", "\"8\""},
                                                                     {"r", "99999999999999999999"},
                                                                     {"lora_alpha", "-1"},
                                                                     {"lora_alpha", "[]"},
                                                                     {"lora_dropout", "1"},
                                                                     {"lora_dropout", "-0.1"},
                                                                     {"target_modules", "7"},
                                                                     {"target_modules", "[7]"},
                                                                     {"target_modules", "{}"},
                                                                     {"layers_to_transform", "-1"},
                                                                     {"layers_to_transform", "[1.5]"},
                                                                     {"layers_to_transform", "[99999999999]"},
                                                                     {"rank_pattern", "[]"},
                                                                     {"rank_pattern", R"({"query": 0})"},
                                                                     {"rank_pattern", R"({"query": 0.5})"},
                                                                     {"rank_pattern", R"({"query": 1e9})"},
                                                                     {"rank_pattern", R"({"query": "x"})"},
                                                                     {"alpha_pattern", R"({"query": -1})"},
                                                                     {"modules_to_save", R"("classifier")"},
                                                                     {"modules_to_save", "[null]"},
                                                                     {"bias", "\"some\""},
                                                                     {"bias", "3"},
                                                                     {"use_rslora", "\"yes\""}};
    for (const auto& [key, value] : faults) {
        nlohmann::json document = peftConfigJson(example());
        document[key] = nlohmann::json::parse(value);
        expectError(ErrorKind::BadInput, "\"" + key + "\"", [&] { readText(document.dump()); });
    }
    expectError(ErrorKind::BadInput, "\"target_modules\" is missing",
                [] { readText(R"({"peft_type": "LORA"})"); });
    expectError(ErrorKind::BadInput, "JSON", [] { readText("{"); });
    expectError(ErrorKind::BadInput, "JSON object", [] { readText("[]"); });
}

TEST(PeftConfig, AMissingFileIsNamed)
{
    const TemporaryFolder folder;
    expectError(ErrorKind::FileSystem, "adapter_config.json", [&] { readPeftConfig(folder.path()); });
}

TEST(PeftConfig, DamagedFilesAreReadOrRefusedButNeverCrash)
{
    const std::string text = peftConfigJson(example()).dump(1);
    Rng rng(5, "damage");
    const TemporaryFolder folder;
    int read = 0;
    for (int i = 0; i < 1000; ++i) {
        folder.write("adapter_config.json", mutated(text, rng));
        try {
            const PeftConfig config = readPeftConfig(folder.path());
            EXPECT_GE(config.lora.r, 1);
            for (const auto& [module, rank] : config.lora.rankPattern)
                EXPECT_GE(rank, 1) << module;
            ++read;
        } catch (const Error& error) {
            EXPECT_NE(error.kind(), ErrorKind::Internal) << error.what();
        }
    }
    EXPECT_GT(read, 0);
}

} // namespace
} // namespace lora::test
