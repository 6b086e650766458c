// A model from nothing, as a user makes one: text in, a Hugging Face folder out that every other subcommand
// opens.

#include "tests/cli/program.h"

#include "core/base/rng.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

namespace fs = std::filesystem;

/// Sentences in which the first word decides the others: something a tiny model learns in seconds.
std::string sentences(int count, std::uint64_t seed)
{
    const std::vector<std::vector<std::string>> worlds{{"the cat", "drinks", "warm", "milk"},
                                                       {"a sailor", "sees", "grey", "waves"},
                                                       {"our teacher", "reads", "old", "books"}};
    Rng rng(seed, "sentences");
    std::string text;
    for (int i = 0; i < count; ++i) {
        const auto& world = worlds[rng.below(worlds.size())];
        for (std::size_t word = 0; word < world.size(); ++word)
            text += (word > 0 ? " " : "") + world[word];
        text += rng.below(2) == 0 ? " today .\n" : " again .\n";
    }
    return text;
}

class Pretraining : public ::testing::Test
{
protected:
    Pretraining()
    {
        folder.write("train.txt", sentences(300, 1));
        folder.write("eval.txt", sentences(60, 2));
    }

    nlohmann::json config(const std::string& family = "bert") const
    {
        nlohmann::json document = {
            {"model", {{"model_type", family}}},
            {"tokenizer", {{"vocab_size", 80}}},
            {"data", {{"train", "train.txt"}, {"eval", "eval.txt"}, {"max_length", 16}}},
            {"training",
             {{"max_steps", 120},
              {"eval_steps", 60},
              {"per_device_train_batch_size", 16},
              {"learning_rate", 0.005},
              {"threads", 1}}}};
        nlohmann::json& model = document["model"];
        if (family == "gpt2") {
            model.update({{"n_embd", 32}, {"n_layer", 2}, {"n_head", 2}, {"n_positions", 32}});
            return document;
        }
        model.update({{"hidden_size", 32},
                      {"intermediate_size", 32},
                      {"num_hidden_layers", 2},
                      {"num_attention_heads", 2},
                      {"max_position_embeddings", 32}});
        return document;
    }

    Finished pretrain(const nlohmann::json& document, std::vector<std::string> more = {})
    {
        folder.write("pretrain.json", document.dump(2));
        std::vector<std::string> arguments{"pretrain", path("pretrain.json"), "--out", path("run")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return program.run(arguments);
    }

    std::string path(const std::string& name) const { return (folder / name).string(); }

    void expectOpens(const std::string& task)
    {
        const std::string model = path("run/model");
        for (const char* file : {"config.json", "model.safetensors", "tokenizer.json",
                                 "tokenizer_config.json", "special_tokens_map.json"})
            EXPECT_TRUE(fs::exists(fs::path(model) / file)) << file;
        const Finished inspected = program.run({"inspect", model, "--json"});
        EXPECT_EQ(inspected.code, 0) << inspected.err;
        const Finished tokens = program.run({"tokenize", "--model", model, "the cat drinks warm milk ."});
        EXPECT_EQ(tokens.code, 0) << tokens.err;
        EXPECT_NE(tokens.out.find("milk"), std::string::npos) << tokens.out;
        const Finished evaluated =
            program.run({"eval", model, "--task", task, "--data", path("eval.txt"), "--json"});
        EXPECT_EQ(evaluated.code, 0) << evaluated.err;
    }

    TemporaryFolder folder;
    Program program;
};

} // namespace

TEST_F(Pretraining, AMaskedModelFromNothingLearnsAndOpens)
{
    const Finished done = pretrain(config(), {"--json"});
    ASSERT_EQ(done.code, 0) << done.err;
    const nlohmann::json result = done.json();
    EXPECT_LT(result["best"]["eval_loss"].get<double>(), 0.6 * result["untuned"]["eval_loss"].get<double>());
    EXPECT_GT(result["parameters"].get<int>(), 10'000);
    const nlohmann::json written = nlohmann::json::parse(textOfFile(folder / "run/model/config.json"));
    EXPECT_EQ(written["architectures"], nlohmann::json({"BertForMaskedLM"}));
    EXPECT_EQ(written["vocab_size"], result["vocab_size"]);
    EXPECT_LE(result["vocab_size"].get<int>(), 80);
    EXPECT_TRUE(fs::exists(folder / "run/metrics.jsonl"));
    expectOpens("masked-lm");
}

class CausalPretraining : public Pretraining, public ::testing::WithParamInterface<const char*>
{};

TEST_P(CausalPretraining, ADecoderFromNothingLearnsAndOpens)
{
    nlohmann::json document = config(GetParam());
    document["tokenizer"] = {{"vocab_size", 320}}; // 256 bytes, the end token and what the text repeats
    const Finished done = pretrain(document, {"--json"});
    ASSERT_EQ(done.code, 0) << done.err;
    const nlohmann::json result = done.json();
    EXPECT_LT(result["best"]["eval_loss"].get<double>(), 0.5 * result["untuned"]["eval_loss"].get<double>());
    const nlohmann::json written = nlohmann::json::parse(textOfFile(folder / "run/model/config.json"));
    EXPECT_EQ(written["model_type"], GetParam());
    EXPECT_EQ(written["eos_token_id"], 0);
    EXPECT_GT(written["vocab_size"].get<int>(), 257);
    expectOpens("causal-lm");
}

INSTANTIATE_TEST_SUITE_P(Families, CausalPretraining, ::testing::Values("llama", "gpt2"),
                         [](const auto& family) { return std::string(family.param); });

TEST_F(Pretraining, AFamilyAndATaskThatDoNotFitAreRefused)
{
    nlohmann::json document = config("llama");
    document["task"] = {{"type", "masked-lm"}};
    const Finished refused = pretrain(document);
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("does not fit"), std::string::npos) << refused.err;
}

TEST_F(Pretraining, TheSameSeedMakesTheSameWeights)
{
    const std::vector<std::string> brief{"--set", "training.max_steps=5", "--set", "training.eval_steps=5"};
    ASSERT_EQ(pretrain(config(), brief).code, 0);
    const std::string first = textOfFile(folder / "run/model/model.safetensors");
    fs::remove_all(folder / "run");
    ASSERT_EQ(pretrain(config(), brief).code, 0);
    EXPECT_TRUE(first == textOfFile(folder / "run/model/model.safetensors"));
    EXPECT_FALSE(first == textOfFile(folder / "run/start/model.safetensors"));
}

TEST_F(Pretraining, AnExistingTokenizerIsTakenAsItIs)
{
    const std::vector<std::string> brief{"--set", "training.max_steps=4", "--set", "training.eval_steps=4"};
    ASSERT_EQ(pretrain(config(), brief).code, 0);
    fs::rename(folder / "run", folder / "first");
    nlohmann::json second = config();
    second["tokenizer"] = "first/model";
    const Finished done = pretrain(second, brief);
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(textOfFile(folder / "first/model/tokenizer.json"),
              textOfFile(folder / "run/model/tokenizer.json"));
}

TEST_F(Pretraining, AModelMayBeGivenByItsConfigFile)
{
    const std::vector<std::string> brief{"--set", "training.max_steps=4", "--set", "training.eval_steps=4"};
    ASSERT_EQ(pretrain(config(), brief).code, 0);
    fs::rename(folder / "run", folder / "first");
    nlohmann::json second = config();
    second["model"] = "first/model/config.json";
    second["tokenizer"]["vocab_size"] = 60;
    const Finished done = pretrain(second, brief);
    ASSERT_EQ(done.code, 0) << done.err;
    const nlohmann::json written = nlohmann::json::parse(textOfFile(folder / "run/model/config.json"));
    EXPECT_EQ(written["hidden_size"], 32);
    EXPECT_LE(written["vocab_size"].get<int>(), 60);
}

TEST_F(Pretraining, EveryProblemOfAFileIsListedAtOnce)
{
    const nlohmann::json bad = {
        {"model",
         {{"model_type", "bert"}, {"hiden_size", 32}, {"num_hidden_layers", "two"}, {"vocab_size", 9}}},
        {"tokenizer", {{"type", "wordpeice"}, {"vocab_size", 0}}},
        {"data", {{"max_length", 999}}},
        {"training", {{"learning_rate", -1}, {"epochs", 3}}},
        {"method", {{"r", 4}}}};
    const Finished refused = pretrain(bad);
    EXPECT_EQ(refused.code, 2);
    for (const char* part : {"model.hiden_size", "hidden_size", "model.num_hidden_layers", "model.vocab_size",
                             "tokenizer.type", "wordpiece", "tokenizer.vocab_size", "data.train",
                             "training.learning_rate", "training.epochs", "method"})
        EXPECT_NE(refused.err.find(part), std::string::npos) << part << "\n" << refused.err;
    EXPECT_FALSE(fs::exists(folder / "run"));
}

TEST_F(Pretraining, WhatCannotBeginSaysWhyAndLeavesNoFolder)
{
    nlohmann::json document = config();
    document["model"]["model_type"] = "brt";
    Finished refused = pretrain(document);
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("did you mean \"bert\"?"), std::string::npos) << refused.err;

    document = config();
    document["model"]["num_attention_heads"] = 3; // 32 is no multiple
    EXPECT_EQ(pretrain(document).code, 2);

    document = config();
    document["tokenizer"]["vocab_size"] = 12; // fewer than the text has letters
    refused = pretrain(document);
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("too small"), std::string::npos) << refused.err;

    document = config();
    document["model"]["hidden_size"] = 1 << 20; // weights of many terabytes
    refused = pretrain(document);
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("this computer has"), std::string::npos) << refused.err;

    document = config();
    document["data"]["max_length"] = 64; // the model has 32 positions
    EXPECT_EQ(pretrain(document).code, 2);

    document = config();
    document["data"]["train"] = "missing.txt";
    EXPECT_NE(pretrain(document).code, 0);

    document = config();
    document["task"] = {{"type", "sequence-classification"}};
    EXPECT_EQ(pretrain(document).code, 2);
    EXPECT_FALSE(fs::exists(folder / "run"));
}

TEST_F(Pretraining, AFolderThatHoldsARunIsLeftAlone)
{
    const std::vector<std::string> brief{"--set", "training.max_steps=3", "--set", "training.eval_steps=3"};
    ASSERT_EQ(pretrain(config(), brief).code, 0);
    const std::string before = textOfFile(folder / "run/start/model.safetensors");
    const Finished refused = pretrain(config(), {"--set", "training.seed=9"});
    EXPECT_EQ(refused.code, 2);
    EXPECT_NE(refused.err.find("holds a run already"), std::string::npos) << refused.err;
    EXPECT_EQ(before, textOfFile(folder / "run/start/model.safetensors"));
}

TEST_F(Pretraining, AStoppedRunGoesOnToTheSameWeights)
{
    ASSERT_EQ(pretrain(config()).code, 0);
    const std::string whole = textOfFile(folder / "run/model/model.safetensors");
    fs::remove_all(folder / "run");

    nlohmann::json slow = config();
    slow["training"]["save_steps"] = 20;
    folder.write("pretrain.json", slow.dump());
    program.start({"pretrain", path("pretrain.json"), "--out", path("run")});
    const auto steps = [&] { return std::ranges::count(textOfFile(folder / "run/metrics.jsonl"), '\n'); };
    while (!program.hasEnded() && steps() < 30)
        ::usleep(1000);
    program.signal(SIGINT);
    if (program.wait().code == 130) {
        const Finished resumed = program.run({"train", "--resume", path("run")});
        ASSERT_EQ(resumed.code, 0) << resumed.err;
    }
    EXPECT_TRUE(whole == textOfFile(folder / "run/model/model.safetensors"));
}

TEST_F(Pretraining, HelpNamesEveryKeyWithItsDefault)
{
    const std::string help = program.run({"pretrain", "--help"}).out;
    for (const char* key : {"model.model_type", "model.num_hidden_layers", "tokenizer.vocab_size", "8000",
                            "tokenizer.min_frequency", "data.train", "training.learning_rate", "0.0005"})
        EXPECT_NE(help.find(key), std::string::npos) << key;
}

} // namespace lora::test
