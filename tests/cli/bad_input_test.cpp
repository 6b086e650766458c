#include "tests/cli/small_task.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

namespace fs = std::filesystem;

/// Every case: what is wrong ends with exit code 2 and a message that names it, and no run folder is left
/// behind.
class BadInput : public testing::Test
{
protected:
    void expectRefused(const std::vector<std::string>& parts, const std::vector<std::string>& more = {})
    {
        const fs::path out = task.folder / "run";
        std::vector<std::string> arguments{"train", task.path("experiment.json"), "--out", out.string(),
                                           "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Finished finished = task.program.run(arguments);
        EXPECT_EQ(finished.code, 2) << finished.err;
        EXPECT_NE(finished.err.find("error: "), std::string::npos);
        for (const std::string& part : parts)
            EXPECT_NE(finished.err.find(part), std::string::npos)
                << "expected \"" << part << "\" in: " << finished.err;
        EXPECT_NO_THROW(EXPECT_TRUE(finished.json().contains("error"))) << finished.out;
        EXPECT_FALSE(fs::exists(out)) << "a refused run leaves no folder";
    }

    std::string weights() const { return (task.model.folder() / "model.safetensors").string(); }
    void writeConfig() { task.model.folder().write("config.json", task.model.config.dump()); }

    SmallTask task;
};

} // namespace

TEST_F(BadInput, MissingWeights)
{
    fs::remove(weights());
    expectRefused({"model.safetensors", task.model.folder().path().string()});
}

TEST_F(BadInput, TruncatedWeights)
{
    fs::resize_file(weights(), fs::file_size(weights()) - 100);
    expectRefused({"model.safetensors"});
}

TEST_F(BadInput, HeaderLongerThanTheFile)
{
    std::fstream file(weights(), std::ios::binary | std::ios::in | std::ios::out);
    file.write("\xff\xff\xff\xff\xff\x00\x00\x00", 8);
    file.close();
    expectRefused({"model.safetensors", "header"});
}

TEST_F(BadInput, ShapesThatContradictTheConfiguration)
{
    task.model.config["intermediate_size"] = 37;
    writeConfig();
    expectRefused({"intermediate", "36", "37"});
}

TEST_F(BadInput, UnsupportedArchitectureIsNamedWithWhatIsSupported)
{
    task.model.config["model_type"] = "t5";
    task.model.config["architectures"] = {"T5ForConditionalGeneration"};
    writeConfig();
    expectRefused({"t5", "bert"});
}

TEST_F(BadInput, NoSuchModel)
{
    expectRefused({"nowhere"}, {"--set", "model=nowhere/at-all"});
}

TEST_F(BadInput, AColumnThatDoesNotExist)
{
    expectRefused({"train.tsv", "\"mood\"", "sentence"}, {"--set", "data.columns.label=mood"});
}

TEST_F(BadInput, EmptyFile)
{
    task.folder.write("train.tsv", "");
    expectRefused({"train.tsv", "empty"});
}

TEST_F(BadInput, NoSuchDataFile)
{
    expectRefused({"absent.tsv"}, {"--set", "data.train=absent.tsv"});
}

TEST_F(BadInput, LabelUnseenInTraining)
{
    task.folder.write("dev.tsv", "sentence\tlabel\nthe film was good\tpositive\nthe plot\tneutral\n");
    expectRefused({"dev.tsv", "line 3", "\"neutral\"", "positive"});
}

TEST_F(BadInput, TextOfZeroTokens)
{
    task.folder.write("train.tsv", "sentence\tlabel\nthe film was good\tpositive\n \tnegative\n");
    expectRefused({"train.tsv", "line 3"});
}

TEST_F(BadInput, MaxLengthBeyondTheModelsPositions)
{
    expectRefused({"max_length", "24"}, {"--set", "data.max_length=64"});
}

TEST_F(BadInput, ModuleThatDoesNotExist)
{
    expectRefused({"qurey", "query"}, {"--set", "method.target_modules=[\"qurey\"]"});
}

TEST_F(BadInput, AllProblemsOfAnExperimentAtOnce)
{
    nlohmann::json experiment = task.experiment();
    experiment["training"]["lerning_rate"] = 1;
    experiment["method"]["r"] = -3;
    task.writeExperiment(experiment);
    expectRefused({"experiment.json", "training.lerning_rate", "learning_rate", "method.r"});
}

TEST_F(BadInput, UnwritableOutput)
{
    task.folder.write("file", "not a folder");
    const Finished finished =
        task.program.run({"train", task.path("experiment.json"), "--out", task.path("file/run")});
    EXPECT_EQ(finished.code, 2) << finished.err;
    EXPECT_NE(finished.err.find(task.path("file")), std::string::npos) << finished.err;
    EXPECT_EQ(textOfFile(task.path("file")), "not a folder");
}

TEST_F(BadInput, ARunIsNeverOverwritten)
{
    const std::vector<std::string> arguments{"train", task.path("experiment.json"), "--out", task.path("run"),
                                             "--set", "training.max_steps=2"};
    ASSERT_EQ(task.program.run(arguments).code, 0);
    const std::string metrics = textOfFile(task.path("run/metrics.jsonl"));
    const Finished again = task.program.run(arguments);
    EXPECT_EQ(again.code, 2);
    EXPECT_NE(again.err.find(task.path("run")), std::string::npos) << again.err;
    EXPECT_EQ(textOfFile(task.path("run/metrics.jsonl")), metrics);
}

TEST_F(BadInput, ADiskThatFillsUpEndsTheRunWithItsFilesWhole)
{
    // Larger than experiment.json, smaller than the first checkpoint.
    task.program.largestFile = 6000;
    const Finished finished =
        task.program.run({"train", task.path("experiment.json"), "--out", task.path("run")});
    EXPECT_EQ(finished.code, 2) << finished.err;
    EXPECT_NE(finished.err.find(task.path("run")), std::string::npos) << finished.err;
    for (const auto& entry : fs::recursive_directory_iterator(task.folder / "run")) {
        const std::string name = entry.path().filename().string();
        EXPECT_EQ(name.find("tmp"), std::string::npos) << "a temporary was left: " << entry.path();
        EXPECT_FALSE(name.starts_with("checkpoint-") && !fs::exists(entry.path() / "trainer_state.json"))
            << entry.path();
    }
    const std::string metrics = textOfFile(task.path("run/metrics.jsonl"));
    EXPECT_TRUE(metrics.empty() || metrics.back() == '\n');
}

TEST_F(BadInput, StandardOutputThatTakesNothing)
{
    if (!fs::exists("/dev/full"))
        GTEST_SKIP() << "skipped: no /dev/full";
    task.program.standardOutput = "/dev/full";
    const Finished finished =
        task.program.run({"tokenize", "--model", task.model.folder().path().string(), "the film"});
    EXPECT_EQ(finished.code, 2);
    EXPECT_NE(finished.err.find("standard output"), std::string::npos) << finished.err;
}

TEST_F(BadInput, PredictNamesTheRowThatDoesNotFitTheModel)
{
    task.folder.write("ids.jsonl", "{\"input_ids\": [2, 5, 3]}\n{\"input_ids\": [2, 99, 3]}\n");
    const Finished finished = task.program.run(
        {"predict", task.model.folder().path().string(), "--input-ids", task.path("ids.jsonl"), "--json"});
    EXPECT_EQ(finished.code, 2);
    EXPECT_NE(finished.err.find("ids.jsonl, line 2"), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find("99"), std::string::npos) << finished.err;
}

TEST_F(BadInput, ExportNamesTheFormatsThereAre)
{
    const Finished finished =
        task.program.run({"export", task.path("run"), "--format", "gguf", "--out", task.path("out")});
    EXPECT_EQ(finished.code, 2);
    EXPECT_NE(finished.err.find("gguf"), std::string::npos);
    EXPECT_NE(finished.err.find("peft"), std::string::npos);
    EXPECT_FALSE(fs::exists(task.folder / "out"));
}

TEST_F(BadInput, AFolderThatIsNoRun)
{
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"compare", task.folder.path().string()},
          {"eval", task.folder.path().string()},
          {"export", task.folder.path().string(), "--format", "peft", "--out", task.path("out")},
          {"report", task.folder.path().string(), "--out", task.path("report.html")},
          {"train", "--resume", task.folder.path().string()},
          {"runs", "delete", task.folder.path().string()}}) {
        const Finished finished = task.program.run(arguments);
        EXPECT_EQ(finished.code, 2) << arguments[0];
        EXPECT_NE(finished.err.find(task.folder.path().string()), std::string::npos) << finished.err;
    }
    EXPECT_TRUE(fs::exists(task.folder / "train.tsv"));
    EXPECT_FALSE(fs::exists(task.folder / "report.html"));
}

} // namespace lora::test
