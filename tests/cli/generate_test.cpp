#include "tests/cli/program.h"
#include "tests/support/assets.h"

#include "core/io/json_text.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

std::string stories()
{
    return (assetsFolder() / "assets" / "models" / "llama-stories260k").string();
}

TEST(Generate, GreedyTextOfStoriesIsTheReferenceByteForByte)
{
    SKIP_WITHOUT_ASSETS();
    const nlohmann::json expected = readJsonFile(std::filesystem::path(stories()) / "reference.json");
    const auto tokens = expected["greedy_ids"].size() - 1;
    Program program;
    const Finished done = program.run(
        {"generate", stories(), "--prompt", "", "--max-new-tokens", std::to_string(tokens), "--json"});
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_EQ(done.json()["text"], expected["greedy_text"]);
    EXPECT_EQ(done.json()["finish_reason"], "length");
}

TEST(Generate, ContinuationBeginsWhereThePromptEnds)
{
    SKIP_WITHOUT_ASSETS();
    Program program;
    const Finished done =
        program.run({"generate", stories(), "--prompt", "Once upon", "--max-new-tokens", "3"});
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_TRUE(done.out.starts_with(" a time")) << done.out;
}

TEST(Generate, SamplingFollowsTheSeed)
{
    SKIP_WITHOUT_ASSETS();
    Program program;
    const auto text = [&](const std::string& seed) {
        return program
            .run({"generate", stories(), "--prompt", "Lily", "--temperature", "1", "--top-p", "0.95",
                  "--seed", seed, "--max-new-tokens", "30"})
            .out;
    };
    EXPECT_EQ(text("1"), text("1"));
    EXPECT_NE(text("1"), text("2"));
}

TEST(Generate, BadRequestsNameWhatIsWrong)
{
    SKIP_WITHOUT_ASSETS();
    Program program;
    const Finished both = program.run({"generate", stories(), "--prompt", "a", "--instruction", "b"});
    EXPECT_EQ(both.code, 2);
    EXPECT_NE(both.err.find("exactly one of --prompt"), std::string::npos) << both.err;
    const Finished warm = program.run({"generate", stories(), "--prompt", "a", "--temperature", "-1"});
    EXPECT_EQ(warm.code, 2);
    EXPECT_NE(warm.err.find("temperature"), std::string::npos) << warm.err;
    const Finished encoder = program.run({"generate", "builtin:encoder", "--prompt", "a"});
    EXPECT_EQ(encoder.code, 2);
    EXPECT_NE(encoder.err.find("causal-lm"), std::string::npos) << encoder.err;
    const Finished longest = program.run({"generate", stories(), "--prompt", std::string(4000, 'x')});
    EXPECT_EQ(longest.code, 2);
    EXPECT_NE(longest.err.find("512"), std::string::npos) << longest.err;
}

TEST(UsualTargets, AreThoseOfTheFamilyWhereTheExperimentNamesNone)
{
    TemporaryFolder folder;
    const std::string data =
        folder.write("train.txt", "the cat sat on the mat and the dog sat on the cat. ").string();
    const nlohmann::json experiment = {{"model", "builtin:decoder"},
                                       {"task", {{"type", "causal-lm"}}},
                                       {"data", {{"train", data}, {"eval", data}, {"max_length", 32}}},
                                       {"training", {{"max_steps", 1}}}};
    const std::string file = folder.write("experiment.json", experiment.dump()).string();
    Program program;
    EXPECT_EQ(program.run({"cost", file}).code, 0);
    const std::string run = (folder / "run").string();
    const Finished done = program.run({"train", file, "--out", run});
    ASSERT_EQ(done.code, 0) << done.err;
    EXPECT_NE((done.out + done.err).find("q_proj, v_proj"), std::string::npos) << done.err;
    const nlohmann::json written = readJsonFile(folder / "run" / "experiment.json");
    EXPECT_EQ(written["method"]["target_modules"], nlohmann::json({"q_proj", "v_proj"}));
}

TEST(OutputLayer, AdaptingATiedHeadSaysWhatItMeansForTheExport)
{
    TemporaryFolder folder;
    const std::string data =
        folder.write("train.txt", "the cat sat on the mat and the dog sat on the cat. ").string();
    Program program;
    const auto notice = [&](const nlohmann::json& method) {
        const nlohmann::json experiment = {{"model", "builtin:decoder"},
                                           {"task", {{"type", "causal-lm"}}},
                                           {"data", {{"train", data}, {"eval", data}, {"max_length", 32}}},
                                           {"method", method},
                                           {"training", {{"max_steps", 1}}}};
        const std::string file = folder.write("experiment.json", experiment.dump()).string();
        const Finished done = program.run({"train", file, "--set", "name=x"});
        EXPECT_EQ(done.code, 0) << done.err;
        return done.err + done.out;
    };
    EXPECT_NE(notice({{"type", "lora"}, {"target_modules", {"lm_head"}}}).find("changes the output alone"),
              std::string::npos);
    EXPECT_NE(notice({{"type", "head"}}).find("trained as a copy"), std::string::npos);
    EXPECT_EQ(notice({{"type", "lora"}, {"target_modules", {"q_proj"}}}).find("word embeddings"),
              std::string::npos);
}

} // namespace
} // namespace lora::test
