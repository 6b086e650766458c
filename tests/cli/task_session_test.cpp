// Every task but classification, from a data file to predictions, as a user goes.
#include "core/base/display_text.h"
#include "tests/cli/small_task.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

using Json = nlohmann::json;

/// Words of the small vocabulary in sentences with one word of sentiment at a known place.
struct Sentence
{
    std::vector<std::string> words;
    std::size_t place = 0;
    bool isGood = false;

    std::string text() const
    {
        std::string joined;
        for (const std::string& word : words)
            joined += (joined.empty() ? "" : " ") + word;
        return joined;
    }
};

std::vector<Sentence> sentences(int count, int seed)
{
    const std::vector<std::string> neutral{"the", "film", "was", "a", "movie", "plot"};
    const std::vector<std::vector<std::string>> told{{"awful", "bad", "dull"}, {"good", "fine", "great"}};
    Rng rng(static_cast<std::uint64_t>(seed), "sentences");
    std::vector<Sentence> result;
    for (int i = 0; i < count; ++i) {
        Sentence& sentence = result.emplace_back();
        sentence.isGood = i % 2 == 0;
        for (std::uint64_t word = 0; word < 3 + rng.below(4); ++word)
            sentence.words.push_back(neutral[rng.below(neutral.size())]);
        sentence.place = rng.below(sentence.words.size());
        sentence.words[sentence.place] = told[sentence.isGood ? 1 : 0][rng.below(3)];
    }
    return result;
}

template <class Line>
std::string lines(int count, int seed, const Line& line)
{
    std::string text;
    for (const Sentence& sentence : sentences(count, seed))
        text += line(sentence) + "\n";
    return text;
}

class TaskSession : public testing::Test
{
protected:
    Finished ok(const std::vector<std::string>& arguments)
    {
        Finished finished = task.program.run(arguments);
        EXPECT_EQ(finished.code, 0) << arguments[0] << ": " << finished.err;
        std::istringstream rows(finished.out);
        for (std::string row; std::getline(rows, row) && finished.out[0] != '{' && finished.out[0] != '[';)
            EXPECT_LE(displayWidth(row), 80u) << row;
        return finished;
    }

    /// Trains on `ending` files of the two texts and returns summary.json's best metrics.
    Json trained(const std::string& type, const std::string& ending, const std::string& train,
                 const std::string& dev, const Json& method = nullptr)
    {
        task.folder.write("train" + ending, train);
        task.folder.write("dev" + ending, dev);
        Json experiment = task.experiment();
        experiment["task"] = {{"type", type}};
        experiment["data"] = {{"train", "train" + ending}, {"eval", "dev" + ending}, {"max_length", 16}};
        if (!method.is_null())
            experiment["method"] = method;
        experiment["training"]["num_train_epochs"] = type == "causal-lm" ? 20 : 8;
        experiment["model"] = model;
        task.writeExperiment(experiment);
        ok({"train", task.path("experiment.json"), "--out", task.path("run"), "--quiet"});
        const Json summary = Json::parse(textOfFile(task.path("run/summary.json")));
        const Json repeated = ok({"eval", task.path("run"), "--json"}).json();
        for (const auto& [name, value] : summary["best"].items()) {
            if (name == "step")
                continue;
            EXPECT_NEAR(repeated.value(name, -1.0), value.get<double>(), 1e-4) << name;
        }
        return summary;
    }

    Json predicted(const std::vector<std::string>& arguments)
    {
        std::vector<std::string> all{"predict", task.path("run"), "--json"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        const Json rows = ok(all).json();
        std::erase(all, "--json");
        ok(all);
        return rows;
    }

    SmallTask task;
    std::string model = task.model.folder().path().string();
};

std::string conllOf(const Sentence& sentence)
{
    std::string text;
    for (std::size_t i = 0; i < sentence.words.size(); ++i)
        text += sentence.words[i] + "\t" +
                (i != sentence.place ? "O"
                 : sentence.isGood   ? "B-good"
                                     : "B-bad") +
                "\n";
    return text;
}

} // namespace

TEST_F(TaskSession, TokenClassificationFindsEntitiesWithTheirPlace)
{
    const Json summary =
        trained("token-classification", ".conll", lines(160, 1, conllOf), lines(40, 2, conllOf));
    EXPECT_GT(summary["best"]["eval_f1"].get<double>(), 0.9) << summary;
    const Json rows = predicted({"--text", "the film (great) was a plot", "--logits"});
    ASSERT_EQ(rows.size(), 1u);
    EXPECT_EQ(rows[0]["tokens"][3], "great");
    EXPECT_EQ(rows[0]["tags"][3], "B-good");
    EXPECT_EQ(rows[0]["entities"][0]["text"], "great");
    EXPECT_EQ(rows[0]["entities"][0]["start"], 10);
    EXPECT_EQ(rows[0]["entities"][0]["end"], 15);
    EXPECT_EQ(rows[0]["logits"][0].size(), 5u);
    EXPECT_EQ(predicted({"--data", task.path("dev.conll")}).size(), 40u);
    const Json data =
        ok({"data", task.path("train.conll"), "--task", "token-classification", "--json"}).json();
    EXPECT_EQ(data["label_counts"]["B-good"], 80);
}

TEST_F(TaskSession, QuestionAnsweringFindsTheSpanByCharacters)
{
    const auto row = [](const Sentence& sentence) {
        std::string before = "\u00E4 ";
        for (std::size_t i = 0; i < sentence.place; ++i)
            before += sentence.words[i] + " ";
        return Json{
            {"question", "the word"},
            {"context", "\u00E4 " + sentence.text()},
            {"answers", {{"text", {sentence.words[sentence.place]}}, {"answer_start", {before.size() - 1}}}}}
            .dump();
    };
    const Json summary = trained("question-answering", ".jsonl", lines(160, 1, row), lines(40, 2, row));
    EXPECT_GT(summary["best"]["eval_exact_match"].get<double>(), 0.8) << summary;
    const Json rows = predicted({"--question", "the word", "--context", "\u00E4 film was awful the plot"});
    EXPECT_EQ(rows[0]["answer"], "awful");
    EXPECT_EQ(rows[0]["start"], 11);
    EXPECT_EQ(rows[0]["end"], 16);
    EXPECT_EQ(task.program.run({"predict", task.path("run"), "--text", "the word"}).code, 2);
    task.folder.write("ids.jsonl", "{\"input_ids\": [2, 5, 3, 6, 14, 3]}\n");
    const Json ids = predicted({"--input-ids", task.path("ids.jsonl")});
    EXPECT_EQ(ids[0]["start_logits"].size(), 6u);
    EXPECT_EQ(ids[0]["end_logits"].size(), 6u);
}

TEST_F(TaskSession, RegressionCorrelatesAndPredictsANumber)
{
    const auto row = [](const Sentence& sentence) {
        return Json{{"text", sentence.text()}, {"score", sentence.isGood ? 1.5 : -0.5}}.dump();
    };
    const Json summary = trained("regression", ".jsonl", lines(160, 1, row), lines(40, 2, row));
    EXPECT_GT(summary["best"]["eval_pearson"].get<double>(), 0.9) << summary;
    EXPECT_NEAR(summary["best"]["eval_mse"].get<double>(), summary["best"]["eval_loss"].get<double>(), 1e-4);
    EXPECT_GT(predicted({"--text", "the film was great"})[0]["value"].get<double>(), 0.5);
}

TEST_F(TaskSession, MultiLabelGivesEveryLabelItsOwnProbability)
{
    const auto row = [](const Sentence& sentence) {
        Json labels = Json::array({sentence.isGood ? "good" : "bad"});
        if (sentence.words[sentence.place] == "great" || sentence.words[sentence.place] == "awful")
            labels.push_back("strong");
        return Json{{"text", sentence.text()}, {"labels", labels}}.dump();
    };
    const Json summary =
        trained("multi-label-classification", ".jsonl", lines(160, 1, row), lines(40, 2, row));
    EXPECT_GT(summary["best"]["eval_f1"].get<double>(), 0.9) << summary;
    const Json rows = predicted({"--text", "the film was awful"});
    EXPECT_EQ(rows[0]["labels"], (Json{"bad", "strong"}));
    EXPECT_EQ(rows[0]["probabilities"].size(), 3u);
}

TEST_F(TaskSession, MaskedLanguageModellingFillsTheMask)
{
    ModelFolder pretrained(
        {.vocabulary = 20, .hidden = 24, .layers = 2, .intermediate = 36, .initializerRange = 0.1},
        TaskType::MaskedLm, 0);
    model = pretrained.write().string();
    pretrained.folder().write("vocab.txt", SmallTask::vocabulary());
    const auto row = [](const Sentence& sentence) { return Json{{"text", sentence.text()}}.dump(); };
    const Json summary = trained("masked-lm", ".jsonl", lines(160, 1, row), lines(40, 2, row));
    EXPECT_LT(summary["best"]["eval_loss"].get<double>(), summary["untuned"]["eval_loss"].get<double>());
    EXPECT_TRUE(summary["best"].contains("eval_accuracy"));
    const Json rows = predicted({"--text", "the film was [MASK]"});
    EXPECT_EQ(rows[0]["tokens"][4], "[MASK]");
    EXPECT_EQ(rows[0]["candidates"][4].size(), 5u);
}

TEST_F(TaskSession, CausalLanguageModellingTellsTheNextTokenOfIds)
{
    ModelFolder decoder({.vocabulary = 12, .hidden = 12, .family = "gpt2"}, TaskType::CausalLm, 0);
    model = decoder.write().string();
    std::string text;
    for (int i = 0; i < 60; ++i) {
        Json ids = Json::array();
        for (int t = 0; t < 8; ++t)
            ids.push_back((i + t) % 12); // always one more
        text += Json{{"input_ids", ids}}.dump() + "\n";
    }
    const Json summary = trained("causal-lm", ".jsonl", text, text, {{"type", "full"}});
    EXPECT_GT(summary["best"]["eval_accuracy"].get<double>(), 0.9) << summary;
    task.folder.write("ids.jsonl", "{\"input_ids\": [3, 4, 5]}\n");
    const Json rows = predicted({"--input-ids", task.path("ids.jsonl")});
    ASSERT_EQ(rows[0]["logits"].size(), 3u);
    ASSERT_EQ(rows[0]["logits"][2].size(), 12u);
    const auto last = rows[0]["logits"][2].get<std::vector<double>>();
    EXPECT_EQ(std::ranges::max_element(last) - last.begin(), 6);
    EXPECT_EQ(rows[0]["candidates"][2][0]["id"], 6);
}

} // namespace lora::test
