// What ranks learned and which would have been enough, as a user asks it of finished runs.
#include "core/base/display_text.h"
#include "tests/cli/small_task.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

namespace fs = std::filesystem;

void expectFits80Columns(const std::string& text)
{
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(displayWidth(line), 80u) << line;
}

class Ranks : public testing::Test
{
protected:
    Finished ok(const std::vector<std::string>& arguments)
    {
        Finished finished = task.program.run(arguments);
        EXPECT_EQ(finished.code, 0) << arguments[0] << ": " << finished.err;
        return finished;
    }

    std::string trained(const std::string& name, const std::vector<std::string>& settings)
    {
        std::vector<std::string> arguments{"train", task.path("experiment.json"), "--out", task.path(name),
                                           "--quiet"};
        for (const std::string& setting : settings)
            arguments.insert(arguments.end(), {"--set", setting});
        ok(arguments);
        return task.path(name);
    }
    std::string full() { return trained("full", {"method.type=full", "training.learning_rate=0.003"}); }

    void expectRefused(const std::vector<std::string>& arguments, const std::string& part)
    {
        const Finished refused = task.program.run(arguments);
        EXPECT_EQ(refused.code, 2) << arguments[0];
        EXPECT_NE(refused.err.find(part), std::string::npos) << refused.err;
    }

    SmallTask task;
};

} // namespace

TEST_F(Ranks, InspectShowsWhatAnAdapterLearned)
{
    const std::string run = trained("run", {"method.r=3"});
    const std::string text = ok({"inspect", run}).out;
    expectFits80Columns(text);
    EXPECT_NE(text.find("Moved most: "), std::string::npos) << text;
    const nlohmann::json document = ok({"inspect", run, "--json"}).json();
    for (const nlohmann::json& module : document["modules"]) {
        EXPECT_EQ(module.contains("singular_values"), module["adapted"].get<bool>()) << module["name"];
        if (!module["adapted"].get<bool>())
            continue;
        EXPECT_EQ(module["singular_values"].size(), 3u);
        EXPECT_GT(module["relative_change"].get<double>(), 0);
        EXPECT_LE(module["effective_rank"].get<double>(), 3.0001);
    }
}

TEST_F(Ranks, InspectShowsWhatFullFineTuningMoved)
{
    const nlohmann::json document = ok({"inspect", full(), "--json"}).json();
    int measured = 0;
    for (const nlohmann::json& module : document["modules"])
        if (module.contains("singular_values")) {
            ++measured;
            EXPECT_EQ(module["singular_values"].size(), 24u);
            EXPECT_GT(module["rank_99"].get<int>(), 1);
        }
    EXPECT_EQ(measured, 4 * 6 + 1);
}

TEST_F(Ranks, TheCurveHoldsEverySmallerRankAndARecommendation)
{
    const std::string run = trained("run", {"method.r=6"});
    const std::string text = ok({"rank-curve", run}).out;
    expectFits80Columns(text);
    const nlohmann::json curve = ok({"rank-curve", run, "--json"}).json();
    ASSERT_EQ(curve["points"].size(), 5u);
    for (std::size_t i = 0; i < 5; ++i)
        EXPECT_EQ(curve["points"][i]["rank"], std::vector<int>({0, 1, 2, 4, 6})[i]);
    EXPECT_EQ(curve["points"][4]["metrics"], ok({"eval", run, "--json"}).json());
    EXPECT_FALSE(curve["recommendation"].get<std::string>().empty());
    const nlohmann::json some =
        ok({"rank-curve", run, "--ranks", "3", "--data", task.path("train.tsv"), "--json"}).json();
    EXPECT_EQ(some["points"].size(), 2u);
    EXPECT_EQ(some["rows"], 160);
    expectRefused({"rank-curve", run, "--ranks", "9"}, "rank of 9");
    expectRefused({"rank-curve", task.folder.path().string()}, "neither a run nor a PEFT folder");
}

TEST_F(Ranks, AResizedRunPredictsAsTheCurveSaid)
{
    const std::string run = trained("run", {"method.r=6"});
    const nlohmann::json resized =
        ok({"resize", run, "--rank", "2", "--out", task.path("small"), "--json"}).json();
    const nlohmann::json curve = ok({"rank-curve", run, "--ranks", "2", "--json"}).json();
    EXPECT_EQ(resized["quality"]["adapter"]["eval_accuracy"], curve["points"][0]["metrics"]["eval_accuracy"]);
    EXPECT_NEAR(resized["error"].get<double>(), curve["points"][0]["truncation_error"].get<double>(), 1e-12);
    EXPECT_LT(resized["max_abs_logit_difference"], 1e-4);
    expectFits80Columns(
        ok({"resize", task.path("small"), "--energy", "0.9", "--out", task.path("less")}).out);
    expectRefused({"resize", run, "--out", task.path("x")}, "either --rank or --energy");
    expectRefused({"resize", run, "--rank", "0", "--out", task.path("x")}, "rank of 0");
    expectRefused({"resize", run, "--rank", "99", "--out", task.path("x")}, "rank of 99");
    EXPECT_FALSE(fs::exists(task.folder / "x"));
}

TEST_F(Ranks, AFullRunBecomesAnAdapterOfTheBaseModel)
{
    const std::string run = full();
    const nlohmann::json extracted =
        ok({"extract", run, "--rank", "24", "--out", task.path("adapter"), "--json"}).json();
    EXPECT_LT(extracted["error"], 1e-5);
    EXPECT_EQ(extracted["quality"]["adapter"]["eval_accuracy"],
              extracted["quality"]["trained"]["eval_accuracy"]);
    EXPECT_TRUE(extracted["quality"].contains("untuned"));
    EXPECT_EQ(extracted["left_out"].size(), 0u);
    const std::string model = task.model.folder().path().string();
    const std::vector<std::string> question{"--text", "the film was great", "--logits", "--json"};
    std::vector<std::string> ofRun{"predict", run};
    std::vector<std::string> ofAdapter{"predict", model, "--adapter", task.path("adapter")};
    ofRun.insert(ofRun.end(), question.begin(), question.end());
    ofAdapter.insert(ofAdapter.end(), question.begin(), question.end());
    const nlohmann::json expected = ok(ofRun).json()[0]["logits"];
    const nlohmann::json found = ok(ofAdapter).json()[0]["logits"];
    for (std::size_t label = 0; label < 2; ++label)
        EXPECT_NEAR(found[label].get<double>(), expected[label].get<double>(), 1e-3);
    expectFits80Columns(ok({"extract", run, "--rank", "1", "--linear-only", "--out", task.path("tiny")}).out);
    EXPECT_LT(fs::file_size(task.folder / "tiny" / "adapter_model.safetensors"),
              fs::file_size(task.folder / "adapter" / "adapter_model.safetensors"));
    expectRefused({"resize", run, "--rank", "2", "--out", task.path("x")}, "no adapters");
}

TEST_F(Ranks, OverlapOfARunWithItselfIsOneAndWithAnotherSeedLess)
{
    const std::string first = trained("first", {"training.seed=1"});
    const std::string second = trained("second", {"training.seed=2", "method.r=4"});
    for (const nlohmann::json& module : ok({"overlap", first, first, "--json"}).json()["modules"])
        EXPECT_NEAR(module["input"][0][0].get<double>(), 1, 1e-9);
    const nlohmann::json between = ok({"overlap", first, second, "--json"}).json();
    double sum = 0;
    for (const nlohmann::json& module : between["modules"]) {
        EXPECT_EQ(module["j"].back(), 4);
        sum += module["input"][0][0].get<double>();
    }
    EXPECT_LT(sum / static_cast<double>(between["modules"].size()), 0.95);
    expectFits80Columns(ok({"overlap", first, second}).out);
    expectRefused({"overlap", first, full()}, "no module has an adapter in both");
}

} // namespace lora::test
