// The article's claims put to the test as a user does: runs, verdict, files, going on.
#include "tests/cli/small_task.h"

#include "core/base/display_text.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

class Reproducing : public testing::Test
{
protected:
    Finished reproduce(const std::vector<std::string>& more)
    {
        std::vector<std::string> arguments{"reproduce", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return task.program.run(arguments);
    }

    std::vector<std::string> ownData(const std::string& out) const
    {
        return {"--tasks",
                "sentiment",
                "--model",
                task.model.folder().path().string(),
                "--sentiment",
                task.path("train.tsv"),
                "--sentiment-eval",
                task.path("dev.tsv"),
                "--seeds",
                "1,2",
                "--rank",
                "2",
                "--learning-rate",
                "0.01",
                "--set",
                "data.max_length=16",
                "--set",
                "training.per_device_train_batch_size=8",
                "--set",
                "training.hidden_dropout=0",
                "--out",
                task.path(out)};
    }

    SmallTask task;
};

TEST_F(Reproducing, SaysWhatIsSavedAtWhichQualityAndGoesOnWithoutRepeatingRuns)
{
    const Finished finished = reproduce(ownData("evidence"));
    ASSERT_EQ(finished.code, 0) << finished.err;
    const nlohmann::json claim = finished.json()["tasks"][0];
    EXPECT_EQ(claim["claimed_saving"], 0.7);
    EXPECT_EQ(claim["rows"].size(), 7u);
    EXPECT_EQ(claim["examples"], 40);
    const auto rowOf = [&](const std::string& label) {
        for (const nlohmann::json& row : claim["rows"])
            if (row["label"] == label)
                return row;
        return nlohmann::json();
    };
    const auto saved = [&](const std::string& label) {
        return rowOf(label)["saved_compute"]["mean"].get<double>();
    };
    EXPECT_TRUE(rowOf("full fine-tuning")["is_full_fine_tuning"]);
    EXPECT_TRUE(rowOf("r=2 top-quarter").contains("difference"));
    EXPECT_LT(saved("r=2 all"), saved("r=2 top-half no cache"));
    EXPECT_LT(saved("r=2 top-half no cache"), saved("r=2 top-quarter no cache"));
    EXPECT_LT(saved("r=2 top-half no cache"), saved("r=2 top-half"));
    EXPECT_LT(saved("r=2 top-quarter no cache"), saved("r=2 top-quarter"));

    const std::string markdown = textOfFile(task.path("evidence/evidence.md"));
    EXPECT_NE(markdown.find("--rank 2 --learning-rate 0.01"), std::string::npos) << markdown;
    EXPECT_NE(markdown.find(claim["sentence"].get<std::string>()), std::string::npos);

    const Finished again = reproduce({"--resume", task.path("evidence")});
    EXPECT_EQ(again.code, 0);
    EXPECT_EQ(again.json()["tasks"], finished.json()["tasks"]);
    EXPECT_NE(again.err.find("done before"), std::string::npos);
}

TEST_F(Reproducing, RefusesWhatItCannotBeginWith)
{
    EXPECT_EQ(reproduce({"--tasks", "poetry", "--out", task.path("none")}).code, 2);
    EXPECT_FALSE(std::filesystem::exists(task.path("none")));
    EXPECT_EQ(
        reproduce({"--tasks", "qa", "--qa", task.path("missing.json"), "--out", task.path("none")}).code, 2);
    EXPECT_FALSE(std::filesystem::exists(task.path("none")));
    std::filesystem::create_directory(task.path("used"));
    task.folder.write("used/file", "");
    EXPECT_EQ(reproduce({"--tasks", "qa", "--out", task.path("used")}).code, 2);
    EXPECT_EQ(reproduce({"--resume", task.path("used")}).code, 2);
    EXPECT_EQ(reproduce({"--resume", task.path("used"), "--seeds", "1"}).code, 2);
}

} // namespace
} // namespace lora::test
