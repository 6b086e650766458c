// From data and model to an exported adapter and a report, as a user goes, with the keys other programs rely
// on.
#include "core/base/display_text.h"
#include "tests/cli/small_task.h"

#include <set>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

namespace fs = std::filesystem;

void expectKeys(const nlohmann::json& object, const std::vector<std::string>& keys)
{
    for (const std::string& key : keys)
        EXPECT_TRUE(object.contains(key)) << key << " in " << object.dump().substr(0, 400);
}

void expectFits80Columns(const std::string& text)
{
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(displayWidth(line), 80u) << line;
}

class Session : public testing::Test
{
protected:
    std::string model() const { return task.model.folder().path().string(); }

    Finished ok(const std::vector<std::string>& arguments)
    {
        Finished finished = task.program.run(arguments);
        EXPECT_EQ(finished.code, 0) << arguments[0] << ": " << finished.err;
        return finished;
    }

    std::string trained(const std::string& name, const std::vector<std::string>& settings = {})
    {
        std::vector<std::string> arguments{"train", task.path("experiment.json"), "--out", task.path(name),
                                           "--quiet"};
        for (const std::string& setting : settings)
            arguments.insert(arguments.end(), {"--set", setting});
        ok(arguments);
        return task.path(name);
    }

    /// The evaluation rows as token ids.
    std::string idsOfDev()
    {
        std::istringstream rows(textOfFile(task.path("dev.tsv")));
        std::string row;
        std::getline(rows, row); // heading
        std::vector<std::string> arguments{"tokenize", "--model", model(), "--json"};
        while (std::getline(rows, row))
            arguments.push_back(row.substr(0, row.find('\t')));
        std::string lines;
        for (const nlohmann::json& text : ok(arguments).json())
            lines += nlohmann::json({{"input_ids", text["ids"]}}).dump() + "\n";
        return task.folder.write("ids.jsonl", lines).string();
    }

    SmallTask task;
};

} // namespace

TEST_F(Session, DataCountsRowsLabelsLengthsAndProblems)
{
    task.folder.write(
        "some.tsv",
        "sentence\tlabel\nthe film was good\tpositive\n\tnegative\nthe film was good\tpositive\n");
    const nlohmann::json data = ok({"data", task.path("some.tsv"), "--model", model(), "--json"}).json();
    expectKeys(data, {"rows", "columns", "label_counts", "token_lengths", "problems"});
    expectKeys(data["token_lengths"], {"min", "median", "p95", "max"});
    EXPECT_EQ(data["rows"], 3);
    EXPECT_EQ(data["columns"], (std::vector<std::string>{"sentence", "label"}));
    EXPECT_EQ(data["label_counts"]["positive"], 2);
    EXPECT_EQ(data["token_lengths"]["max"], 6);
    std::set<int> lines;
    for (const nlohmann::json& problem : data["problems"])
        lines.insert(problem.at("line").get<int>());
    EXPECT_TRUE(lines.contains(3) && lines.contains(4)) << data["problems"];
    expectFits80Columns(ok({"data", task.path("some.tsv")}).out);
}

TEST_F(Session, TokenizePrintsTokensAndIds)
{
    const nlohmann::json both = ok({"tokenize", "--model", model(), "--json", "the films", "[CLS]"}).json();
    ASSERT_EQ(both.size(), 2u);
    EXPECT_EQ(both[0]["text"], "the films");
    EXPECT_EQ(both[0]["tokens"], (std::vector<std::string>{"[CLS]", "the", "film", "##s", "[SEP]"}));
    EXPECT_EQ(both[0]["ids"], (std::vector<int>{2, 5, 6, 17, 3}));
    EXPECT_EQ(both[1]["text"], "[CLS]");
    const nlohmann::json bare =
        ok({"tokenize", "--model", model(), "--no-special-tokens", "--json", "the films"}).json();
    EXPECT_EQ(bare[0]["ids"], (std::vector<int>{5, 6, 17}));
}

TEST_F(Session, CostComparesWithFullFineTuningWithoutTraining)
{
    const Finished finished = ok({"cost", task.path("experiment.json"), "--json"});
    const nlohmann::json cost = finished.json();
    const std::vector<std::string> keys{"parameters",      "adapter_bytes", "flops_per_token",
                                        "flops_per_epoch", "memory_bytes",  "seconds_per_step"};
    expectKeys(cost, keys);
    expectKeys(cost, {"full_fine_tuning", "ratio_to_full"});
    expectKeys(cost["full_fine_tuning"], keys);
    expectKeys(cost["flops_per_token"],
               {"forward", "activation_gradients", "weight_gradients", "adapters", "total"});
    expectKeys(cost["memory_bytes"], {"weights", "gradients", "optimizer", "activations", "cache", "total"});
    expectKeys(cost["ratio_to_full"], {"parameters", "compute", "memory", "time"});
    EXPECT_LT(cost["ratio_to_full"]["compute"], 1);
    EXPECT_EQ(cost["parameters"]["total"].get<int>() >
                  cost["full_fine_tuning"]["parameters"]["total"].get<int>(),
              true);
    EXPECT_FALSE(fs::exists(task.program.dataHome() / "lora-workbench" / "runs"));
    expectFits80Columns(ok({"cost", task.path("experiment.json")}).out);
}

TEST_F(Session, InspectListsTheLinearModulesOfAModelAndTheAdaptedOnesOfARun)
{
    const nlohmann::json base = ok({"inspect", model(), "--json"}).json();
    EXPECT_EQ(base["family"], "bert");
    std::size_t adapted = 0;
    for (const nlohmann::json& module : base["modules"]) {
        expectKeys(module, {"name", "in_features", "out_features", "adapted", "r"});
        adapted += module["adapted"].get<bool>() ? 1 : 0;
    }
    EXPECT_EQ(adapted, 0u);

    const std::string run = trained("run", {"training.max_steps=2", "method.target_modules=[\"query\"]"});
    for (const nlohmann::json& module : ok({"inspect", run, "--json"}).json()["modules"]) {
        const bool isQuery = module["name"].get<std::string>().ends_with("query");
        EXPECT_EQ(module["adapted"], isQuery) << module;
        EXPECT_EQ(module["r"], isQuery ? nlohmann::json(2) : nlohmann::json()) << module;
    }
    expectFits80Columns(ok({"inspect", run}).out);
}

TEST_F(Session, TrainWritesTheRunFolderAndPrintsItsSummary)
{
    const Finished finished =
        ok({"train", task.path("experiment.json"), "--out", task.path("run"), "--json"});
    const nlohmann::json summary = finished.json();
    expectKeys(summary,
               {"outcome", "steps", "epochs", "train_seconds", "trainable_parameters", "total_parameters",
                "adapter_bytes", "peak_memory_bytes", "tokens_trained", "flops", "flops_full_fine_tuning",
                "untuned", "final", "best", "estimate", "host", "version"});
    expectKeys(summary["estimate"], {"seconds", "memory_bytes", "flops"});
    expectKeys(summary["best"], {"step", "eval_accuracy"});
    EXPECT_EQ(summary["outcome"], "completed");
    EXPECT_EQ(summary["steps"], 120);
    EXPECT_GT(summary["best"]["eval_accuracy"], 0.9);
    EXPECT_NE(finished.err.find("120/120"), std::string::npos) << "progress goes to stderr: " << finished.err;
    for (const char* name : {"experiment.json", "metrics.jsonl", "summary.json",
                             "adapter/adapter_config.json", "adapter/adapter_model.safetensors"})
        EXPECT_TRUE(fs::exists(task.folder / "run" / name)) << name;
}

TEST_F(Session, QuietTrainingWritesNothingToStderr)
{
    const Finished finished = ok({"train", task.path("experiment.json"), "--out", task.path("run"), "--quiet",
                                  "--set", "training.max_steps=3"});
    EXPECT_EQ(finished.err, "");
    expectFits80Columns(finished.out.substr(0, finished.out.rfind("run folder")));
}

TEST_F(Session, TrainWithoutOutMakesARunTheListKnows)
{
    ok({"train", task.path("experiment.json"), "--set", "training.max_steps=3"});
    const nlohmann::json runs = ok({"runs", "--json"}).json();
    ASSERT_EQ(runs.size(), 1u);
    const std::string id = runs[0]["id"];
    EXPECT_EQ(runs[0]["outcome"], "completed");
    EXPECT_EQ(fs::path(runs[0]["folder"].get<std::string>()),
              task.program.dataHome() / "lora-workbench" / "runs" / id);
    EXPECT_NE(ok({"runs", "list"}).out.find(id), std::string::npos);
    EXPECT_EQ(ok({"runs", "show", id, "--json"}).json()[0]["steps"], 3);
    ok({"predict", id, "--text", "good"});
    ok({"runs", "delete", id});
    EXPECT_EQ(ok({"runs", "--json"}).json().size(), 0u);
    EXPECT_FALSE(fs::exists(runs[0]["folder"].get<std::string>()));
}

TEST_F(Session, DeletingARunLeavesTheUsersOwnFiles)
{
    const std::string run = trained("run", {"training.max_steps=2"});
    std::ofstream(fs::path(run) / "notes.txt") << "mine";
    ok({"runs", "delete", run});
    EXPECT_EQ(textOfFile(fs::path(run) / "notes.txt"), "mine");
    EXPECT_FALSE(fs::exists(fs::path(run) / "experiment.json"));
}

TEST_F(Session, EvalRepeatsTheRunsOwnMetrics)
{
    const std::string run = trained("run");
    const auto summary = nlohmann::json::parse(textOfFile(fs::path(run) / "summary.json"));
    const nlohmann::json own = ok({"eval", run, "--json"}).json();
    EXPECT_EQ(own["eval_accuracy"], summary["best"]["eval_accuracy"]);
    EXPECT_NEAR(own["eval_loss"].get<double>(), summary["best"]["eval_loss"].get<double>(), 1e-6);
    EXPECT_EQ(ok({"eval", run, "--data", task.path("dev.tsv"), "--json"}).json(), own);
}

TEST_F(Session, PredictNamesTheLabelOfTexts)
{
    const std::string run = trained("run");
    const nlohmann::json good = ok({"predict", run, "--text", "the film was great", "--json"}).json();
    ASSERT_EQ(good.size(), 1u);
    expectKeys(good[0], {"label", "probabilities"});
    EXPECT_FALSE(good[0].contains("logits"));
    EXPECT_EQ(good[0]["label"], "positive");
    EXPECT_GT(good[0]["probabilities"]["positive"], 0.5);
    EXPECT_EQ(ok({"predict", run, "--text", "the plot was awful", "--json"}).json()[0]["label"], "negative");

    task.folder.write("texts.tsv", "sentence\nthe film was great\nthe plot was awful\n");
    const nlohmann::json rows =
        ok({"predict", run, "--data", task.path("texts.tsv"), "--logits", "--json"}).json();
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows[0]["label"], "positive");
    EXPECT_EQ(rows[1]["label"], "negative");
    EXPECT_EQ(rows[0]["logits"].size(), 2u);
}

TEST_F(Session, ExportWritesAnAdapterThatPredictsTheSameOnTheBaseModel)
{
    const std::string run = trained("run");
    const nlohmann::json exported =
        ok({"export", run, "--format", "peft", "--out", task.path("peft"), "--json"}).json();
    expectKeys(exported, {"path", "format", "bytes", "max_abs_logit_difference"});
    EXPECT_EQ(exported["format"], "peft");
    EXPECT_LT(exported["max_abs_logit_difference"], 1e-4);
    const nlohmann::json ofRun =
        ok({"predict", run, "--data", task.path("dev.tsv"), "--logits", "--json"}).json();
    const nlohmann::json ofAdapter = ok({"predict", model(), "--adapter", task.path("peft"), "--input-ids",
                                         idsOfDev(), "--logits", "--json"})
                                         .json();
    ASSERT_EQ(ofRun.size(), ofAdapter.size());
    for (std::size_t row = 0; row < ofRun.size(); ++row)
        for (std::size_t label = 0; label < 2; ++label)
            EXPECT_NEAR(ofRun[row]["logits"][label].get<double>(),
                        ofAdapter[row]["logits"][label].get<double>(), 1e-4);
}

TEST_F(Session, AFullyFineTunedRunIsUsedAndSaysItHasNoAdapter)
{
    const std::string run = trained("full", {"method.type=full", "training.learning_rate=0.003"});
    EXPECT_TRUE(fs::exists(fs::path(run) / "model" / "model.safetensors"));
    EXPECT_EQ(ok({"predict", run, "--text", "the film was great", "--json"}).json()[0]["label"], "positive");
    const Finished refused =
        task.program.run({"export", run, "--format", "peft", "--out", task.path("peft")});
    EXPECT_EQ(refused.code, 2);
    EXPECT_FALSE(fs::exists(task.folder / "peft"));
}

TEST_F(Session, CompareAndReportSetRunsBesideEachOther)
{
    const std::string small = trained("small");
    const std::string full =
        trained("full", {"method.type=full", "name=everything", "training.learning_rate=0.003"});
    const Finished table = ok({"compare", small, full});
    expectFits80Columns(table.out);
    EXPECT_NE(table.out.find("everything"), std::string::npos);
    const nlohmann::json comparison = ok({"compare", small, full, "--json"}).json();
    expectKeys(comparison, {"runs", "paired"});
    ASSERT_EQ(comparison["runs"].size(), 2u);
    expectKeys(comparison["runs"][0], {"outcome", "trainable_parameters", "flops", "best"});
    ASSERT_EQ(comparison["paired"].size(), 1u);
    expectKeys(comparison["paired"][0],
               {"a", "b", "metric", "difference", "low", "high", "p_mcnemar", "examples", "seeds"});
    const double difference = comparison["paired"][0]["difference"];
    const nlohmann::json turned =
        ok({"compare", small, full, "--baseline", small, "--json"}).json()["paired"][0];
    EXPECT_DOUBLE_EQ(turned["difference"].get<double>(), -difference);
    EXPECT_NE(table.out.find("95 % interval"), std::string::npos) << table.out;

    ok({"report", small, full, "--out", task.path("report.html")});
    const std::string report = textOfFile(task.path("report.html"));
    EXPECT_NE(report.find("everything"), std::string::npos);
    EXPECT_NE(report.find("<svg"), std::string::npos);
}

namespace {

bool hasBuiltinModelAndData()
{
    const fs::path resources = fs::path(LORA_WORKBENCH_SOURCE_DIR) / "resources";
    return fs::exists(resources / "models" / "encoder" / "model.safetensors") &&
           fs::exists(resources / "data" / "sentiment" / "train.tsv");
}

} // namespace

TEST(BuiltinSession, TheBuiltinModelLearnsTheBuiltinTaskFromAnExperimentOfTwoLines)
{
    if (!hasBuiltinModelAndData())
        GTEST_SKIP() << "skipped: no built-in model and data";
    TemporaryFolder folder;
    Program program;
    folder.write("experiment.json", R"({"model": "builtin:encoder", "data": {"train": "builtin:sentiment"},
                                        "training": {"max_steps": 30, "learning_rate": 2e-3}})");
    const Finished trained = program.run(
        {"train", (folder / "experiment.json").string(), "--out", (folder / "run").string(), "--json"});
    ASSERT_EQ(trained.code, 0) << trained.err;
    const nlohmann::json summary = trained.json();
    EXPECT_LT(summary["best"]["eval_loss"], summary["untuned"]["eval_loss"]);
    const Finished predicted =
        program.run({"predict", (folder / "run").string(), "--data", "builtin:sentiment", "--json"});
    ASSERT_EQ(predicted.code, 0) << predicted.err;
    EXPECT_GT(predicted.json().size(), 100u);
}

TEST(BuiltinSession, TheDemoComparesFiveRunsAndWritesTheReport)
{
    if (!hasBuiltinModelAndData())
        GTEST_SKIP() << "skipped: no built-in model and data";
    TemporaryFolder folder;
    Program program;
    const Finished demo =
        program.run({"demo", "--out", (folder / "demo").string(), "--max-steps", "3", "--json"});
    ASSERT_EQ(demo.code, 0) << demo.err;
    const nlohmann::json document = demo.json();
    ASSERT_EQ(document["runs"].size(), 5u);
    for (const nlohmann::json& run : document["runs"])
        EXPECT_EQ(run["steps"], 3);
    EXPECT_NE(document["conclusion"].get<std::string>().find("full fine-tuning"), std::string::npos);
    EXPECT_NE(textOfFile(folder / "demo" / "report.html").find("LoRA r=16"), std::string::npos);
    for (const char* run : {"lora-r-1", "lora-r-4", "lora-r-16", "lora-top-quarter"})
        EXPECT_TRUE(fs::exists(folder / "demo" / run / "adapter" / "adapter_model.safetensors")) << run;
    EXPECT_TRUE(fs::exists(folder / "demo" / "full-fine-tuning" / "model" / "model.safetensors"));
    EXPECT_EQ(program.run({"demo", "--out", (folder / "demo").string()}).code, 2) << "the folder is in use";
}

} // namespace lora::test
