#include "core/config/model_config.h"
#include "core/config/model_document.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

using Json = nlohmann::ordered_json;

Json llama(Json more = Json::object())
{
    Json document = {{"model_type", "llama"},  {"vocab_size", 97},         {"hidden_size", 40},
                     {"num_hidden_layers", 3}, {"num_attention_heads", 4}, {"intermediate_size", 72}};
    document.update(more);
    return document;
}

Json gptNeo(Json more)
{
    Json document = {{"model_type", "gpt_neo"}, {"vocab_size", 97}, {"hidden_size", 40},
                     {"num_layers", 4},         {"num_heads", 4},   {"max_position_embeddings", 32}};
    document.update(more);
    return document;
}

ModelConfig read(const Json& document)
{
    return modelConfigFromJson(document, "config.json");
}

TEST(FamilyConfig, LlamaFillsInWhatIsLeftOut)
{
    const ModelConfig config = read(llama());
    EXPECT_TRUE(config.isDecoder);
    EXPECT_EQ(config.numKeyValueHeads, 4);
    EXPECT_EQ(config.headDim, 10);
    EXPECT_EQ(config.rotary->theta, 10000);
    EXPECT_FALSE(config.tieWordEmbeddings);
    EXPECT_FALSE(config.hasAttentionInputBias);
    EXPECT_EQ(config.positionRows, 0);
}

TEST(FamilyConfig, RotaryScalingIsReadFromBothGenerationsOfFiles)
{
    const Json scaling = {{"factor", 8.0},
                          {"low_freq_factor", 1.0},
                          {"high_freq_factor", 4.0},
                          {"original_max_position_embeddings", 64}};
    Json old = scaling;
    old["type"] = "llama3";
    Json recent = scaling;
    recent["rope_type"] = "llama3";
    recent["rope_theta"] = 500000.0;
    for (const ModelConfig& config : {read(llama({{"rope_theta", 500000.0}, {"rope_scaling", old}})),
                                      read(llama({{"rope_parameters", recent}}))}) {
        EXPECT_EQ(config.rotary->theta, 500000);
        EXPECT_EQ(config.rotary->scaling, RotaryConfig::Scaling::Llama3);
        EXPECT_EQ(config.rotary->factor, 8);
        EXPECT_EQ(config.rotary->originalMaxPositions, 64);
    }
    EXPECT_EQ(read(llama({{"rope_scaling", {{"type", "linear"}, {"factor", 2}}}})).rotary->scaling,
              RotaryConfig::Scaling::Linear);
    expectError(ErrorKind::Unsupported, "rope_type \"yarn\"", [] {
        read(llama({{"rope_scaling", {{"rope_type", "yarn"}, {"factor", 2}}}}));
    });
}

TEST(FamilyConfig, GptNeosAttentionTypesAreWrittenOut)
{
    const Json pairs = Json::array({Json::array({Json::array({"global", "local"}), 2u})});
    const ModelConfig config = read(gptNeo({{"attention_types", pairs}, {"window_size", 5}}));
    ASSERT_EQ(config.layerAttention.size(), 4u);
    for (int layer = 0; layer < 4; ++layer) {
        EXPECT_EQ(config.layerAttention[static_cast<std::size_t>(layer)].window, layer % 2 == 1 ? 5 : 0);
        EXPECT_EQ(config.layerAttention[static_cast<std::size_t>(layer)].scale, 1);
    }
    const Json tooMany = Json::array({Json::array({Json::array({"global"}), 4000000000u})});
    expectError(ErrorKind::BadInput, "layers, num_layers says 4", [&] {
        read(gptNeo({{"attention_types", tooMany}}));
    });
    expectError(ErrorKind::BadInput, "attention_layers", [&] {
        read(gptNeo({{"attention_layers", Json::array({"global", 3})}}));
    });
}

TEST(FamilyConfig, WindowsStandWhereTheFamilyHasThem)
{
    const ModelConfig mistral = read(llama({{"model_type", "mistral"}, {"sliding_window", 7}}));
    EXPECT_EQ(mistral.layerAttention[0].window, 7);
    const ModelConfig unused =
        read(llama({{"model_type", "qwen2"}, {"sliding_window", 7}, {"max_window_layers", 2}}));
    EXPECT_EQ(unused.layerAttention[2].window, 0);
    EXPECT_TRUE(unused.hasAttentionInputBias);
    const ModelConfig used = read(llama({{"model_type", "qwen2"},
                                         {"use_sliding_window", true},
                                         {"sliding_window", 7},
                                         {"max_window_layers", 2}}));
    EXPECT_EQ(used.layerAttention[1].window, 0);
    EXPECT_EQ(used.layerAttention[2].window, 7);
}

TEST(FamilyConfig, RobertaLosesTheRowsBeforeItsFirstPosition)
{
    const ModelConfig config = read({{"model_type", "roberta"},
                                     {"vocab_size", 97},
                                     {"hidden_size", 40},
                                     {"num_hidden_layers", 2},
                                     {"num_attention_heads", 4},
                                     {"intermediate_size", 72},
                                     {"max_position_embeddings", 514},
                                     {"pad_token_id", 1}});
    EXPECT_EQ(config.firstPosition, 2);
    EXPECT_EQ(config.maxPositionEmbeddings, 512);
    EXPECT_EQ(config.positionRows, 514);
}

TEST(FamilyConfig, EndTokensAreANumberOrAList)
{
    EXPECT_EQ(read(llama({{"eos_token_id", 2}})).eosTokenIds, std::vector<std::int32_t>{2});
    EXPECT_EQ(read(llama({{"eos_token_id", {2, 5}}})).eosTokenIds, (std::vector<std::int32_t>{2, 5}));
    EXPECT_TRUE(read(llama({{"eos_token_id", nullptr}})).eosTokenIds.empty());
    expectError(ErrorKind::BadInput, "eos_token_id", [] { read(llama({{"eos_token_id", "</s>"}})); });
}

TEST(FamilyConfig, ADeviceInPlaceOfTheFileIsNotReadFrom)
{
    const TemporaryFolder folder;
    std::filesystem::create_symlink("/dev/zero", folder / "config.json");
    expectError(ErrorKind::FileSystem, "config.json: not a regular file",
                [&] { readModelConfig(folder.path()); });
}

TEST(FamilyConfig, ManyObjectsAreReadInTimeInTheirNumber)
{
    const int count = 300000; // minutes, if each were compared with all before it
    const Json document = {{"x", Json(static_cast<std::size_t>(count), Json::object())}};
    EXPECT_EQ(parseModelDocument(document.dump(), "config.json")["x"].size(), std::size_t{count});
}

TEST(FamilyConfig, HeadsThatDoNotFitAreRefused)
{
    expectError(ErrorKind::BadInput, "num_key_value_heads 3", [] {
        read(llama({{"num_key_value_heads", 3}}));
    });
    expectError(ErrorKind::BadInput, "head_dim 9 is odd", [] { read(llama({{"head_dim", 9}})); });
    expectError(ErrorKind::BadInput, "num_attention_heads", [] {
        read(llama({{"num_attention_heads", 0}}));
    });
    expectError(ErrorKind::Unsupported, "hidden_act \"gelu\"", [] { read(llama({{"hidden_act", "gelu"}})); });
}

} // namespace
} // namespace lora::test
