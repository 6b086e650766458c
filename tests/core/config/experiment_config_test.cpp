#include "core/config/experiment_config.h"

#include "core/base/error.h"
#include "core/config/number_range.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace lora {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

ConfigIssues issuesOf(const std::string& text)
{
    ConfigIssues issues;
    experimentFromJson(Json::parse(text), "", issues);
    return issues;
}

ExperimentConfig read(const std::string& text)
{
    ConfigIssues issues;
    ExperimentConfig experiment = experimentFromJson(Json::parse(text), "", issues);
    for (const ConfigIssue& issue : issues)
        EXPECT_EQ(issue.severity, Severity::Warning) << issue.field << ": " << issue.text;
    return experiment;
}

std::string issueAt(const ConfigIssues& issues, const std::string& field)
{
    for (const ConfigIssue& issue : issues) {
        if (issue.field == field)
            return issue.text;
    }
    std::string all;
    for (const ConfigIssue& issue : issues)
        all += "\n" + issue.field + ": " + issue.text;
    ADD_FAILURE() << "no issue at " << field << "; there are:" << all;
    return {};
}

/// An experiment that is whole but for the members of `section`.
std::string with(const std::string& section, const std::string& members)
{
    const std::string data = section == "data" ? R"("train": "a.tsv", )" + members : R"("train": "a.tsv")";
    std::string text = R"({"model": "m", "data": {)" + data + "}";
    if (section != "data")
        text += ", \"" + section + "\": {" + members + "}";
    return text + "}";
}

class ExperimentFile : public testing::Test
{
protected:
    void SetUp() override
    {
        m_folder =
            fs::temp_directory_path() /
            ("lora_config_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::create_directories(m_folder);
    }
    void TearDown() override { fs::remove_all(m_folder); }

    fs::path write(const std::string& text)
    {
        const fs::path file = m_folder / "experiment.json";
        std::ofstream(file) << text;
        return file;
    }

    std::string errorOf(const std::string& text, const std::vector<std::string>& overrides = {})
    {
        const fs::path file = write(text);
        try {
            loadExperiment(file, overrides);
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::BadUsage);
            EXPECT_FALSE(error.hint().empty());
            return error.what();
        }
        ADD_FAILURE() << "no error";
        return {};
    }

    fs::path m_folder;
};

TEST(ExperimentJson, ModelAndTrainAloneGiveTheDefaults)
{
    const ExperimentConfig experiment = read(R"({"model": "m", "data": {"train": "a.tsv"}})");
    ExperimentConfig expected;
    expected.model = "m";
    expected.data.train = "a.tsv";
    EXPECT_EQ(experiment, expected);
}

TEST(ExperimentJson, EveryKeyIsRead)
{
    const ExperimentConfig e =
        read(R"({"name": "n", "model": "builtin:encoder", "task": {"type": "masked-lm"},
        "data": {"train": "a.tsv", "eval": "b.tsv", "eval_split": 0.2, "max_length": 64, "max_train_samples": 100,
                 "columns": {"text": "s", "text_pair": "p", "label": "l"}, "shuffle": false},
        "method": {"type": "head", "r": 4, "lora_alpha": 32, "lora_dropout": 0.1, "target_modules": "all-linear",
                   "layers_to_transform": [0, 2], "rank_pattern": {"layer.0.query": 2}, "alpha_pattern": {"key": 3.5},
                   "modules_to_save": ["classifier"], "bias": "all", "use_rslora": true, "use_dora": false,
                   "init_lora_weights": true, "loraplus_lr_ratio": 4, "lora_fa": true, "init_adapter": "old"},
        "training": {"num_train_epochs": 1.5, "max_steps": 7, "per_device_train_batch_size": 2,
                     "gradient_accumulation_steps": 3, "learning_rate": 1e-3, "weight_decay": 0.01, "adam_beta1": 0.8,
                     "adam_beta2": 0.99, "adam_epsilon": 1e-6, "max_grad_norm": 0.5, "lr_scheduler_type": "cosine",
                     "warmup_ratio": 0.1, "eval_steps": 5, "save_steps": 6, "early_stopping_patience": 2,
                     "metric_for_best_model": "eval_loss", "load_best_model_at_end": false, "hidden_dropout": 0.1,
                     "seed": 18446744073709551615, "threads": 2, "dtype": "float32", "prefix_cache": "off",
                     "gradient_checkpointing": true}})");
    EXPECT_EQ(e.name, "n");
    EXPECT_EQ(e.task, TaskType::MaskedLm);
    EXPECT_EQ(e.data, (DataConfig{"a.tsv", "b.tsv", 0.2, {"s", "p", "l"}, 64, {}, false, 100, false}));
    LoraConfig lora;
    lora.r = 4;
    lora.loraAlpha = 32;
    lora.loraDropout = 0.1;
    lora.targetModules = "all-linear";
    lora.layersToTransform = std::vector<int>{0, 2};
    lora.rankPattern = {{"layer.0.query", 2}};
    lora.alphaPattern = {{"key", 3.5}};
    lora.modulesToSave = {"classifier"};
    lora.bias = "all";
    lora.useRslora = true;
    lora.initAdapter = "old";
    lora.loraplusLrRatio = 4;
    lora.loraFa = true;
    EXPECT_EQ(e.method, (MethodConfig{MethodType::Head, lora}));
    EXPECT_EQ(e.training, (TrainingConfig{1.5,
                                          7,
                                          2,
                                          3,
                                          1e-3,
                                          0.01,
                                          0.8,
                                          0.99,
                                          1e-6,
                                          0.5,
                                          "cosine",
                                          0.1,
                                          5,
                                          6,
                                          2,
                                          "loss",
                                          false,
                                          0.1,
                                          18446744073709551615ull,
                                          2,
                                          "float32",
                                          "off",
                                          true}));
    EXPECT_EQ(bestMetric(e), "loss");
}

TEST(ExperimentJson, GradientCheckpointingIsABooleanOrAuto)
{
    const auto choice = [](const std::string& value) {
        return read(with("training", R"("gradient_checkpointing": )" + value)).training.gradientCheckpointing;
    };
    EXPECT_EQ(choice("true"), std::optional(true));
    EXPECT_EQ(choice("false"), std::optional(false));
    EXPECT_EQ(choice(R"("auto")"), std::nullopt);
    EXPECT_EQ(toJson(ExperimentConfig{})["training"]["gradient_checkpointing"], "auto");
    EXPECT_NE(issueAt(issuesOf(with("training", R"("gradient_checkpointing": "on")")),
                      "training.gradient_checkpointing")
                  .find(R"(true, false or "auto")"),
              std::string::npos);
}

TEST(ExperimentJson, OneLayerMayStandWithoutAList)
{
    EXPECT_EQ(read(with("method", R"("layers_to_transform": 1)")).method.lora.layersToTransform,
              (std::vector<int>{1}));
}

TEST(ExperimentJson, AnUnknownKeyNamesTheNearestKnownOne)
{
    EXPECT_NE(issueAt(issuesOf(with("training", R"("learning_rat": 1)")), "training.learning_rat")
                  .find("did you mean \"learning_rate\"?"),
              std::string::npos);
    EXPECT_NE(issueAt(issuesOf(with("training", R"("batch_size": 8)")), "training.batch_size")
                  .find("\"per_device_train_batch_size\""),
              std::string::npos);
}

TEST(ExperimentJson, AKeyInTheWrongSectionIsSentToItsOwn)
{
    EXPECT_NE(
        issueAt(issuesOf(R"({"model": "m", "data": {"train": "a"}, "learning_rate": 0.1})"), "learning_rate")
            .find("\"training.learning_rate\""),
        std::string::npos);
}

TEST(ExperimentJson, ExtrasLikeSchemaAreUnknownKeys)
{
    issueAt(issuesOf(R"({"$schema": "x", "model": "m", "data": {"train": "a"}})"), "$schema");
    issueAt(issuesOf(with("data", R"("columns": {"texts": "a"})")), "data.columns.texts");
    issueAt(issuesOf(with("task", R"("kind": "x")")), "task.kind");
}

TEST(ExperimentJson, MissingRequiredKeysAreNamed)
{
    const ConfigIssues issues = issuesOf("{}");
    EXPECT_EQ(issues.size(), 2u);
    issueAt(issues, "model");
    issueAt(issues, "data.train");
}

TEST(ExperimentJson, WrongTypesNameWhatWasFoundAndWhatIsAllowed)
{
    const struct
    {
        const char *section, *members, *field, *found, *allowed;
    } cases[] = {
        {"method", R"("r": "eight")", "method.r", "\"eight\"", "a whole number from 1 to 4096"},
        {"method", R"("r": 2.5)", "method.r", "2.5", "a whole number from 1 to 4096"},
        {"method", R"("r": 1e12)", "method.r", "1000000000000", "a whole number from 1 to 4096"},
        {"method", R"("r": true)", "method.r", "true", "a whole number"},
        {"method", R"("r": null)", "method.r", "null", "a whole number"},
        {"method", R"("bias": false)", "method.bias", "false", "a string"},
        {"method", R"("use_rslora": 1)", "method.use_rslora", "1", "true or false"},
        {"method", R"("target_modules": 3)", "method.target_modules", "3", "all-linear"},
        {"method", R"("target_modules": ["query", 1])", "method.target_modules[1]", "1", "a string"},
        {"method", R"("rank_pattern": {"query": "x"})", "method.rank_pattern.query", "\"x\"",
         "a whole number"},
        {"method", R"("rank_pattern": [1])", "method.rank_pattern", "[1]", "an object"},
        {"method", R"("layers_to_transform": "1")", "method.layers_to_transform", "\"1\"", "a list"},
        {"training", R"("learning_rate": "fast")", "training.learning_rate", "\"fast\"", "a number above 0"},
        {"training", R"("seed": -1)", "training.seed", "-1", "a whole number of at least 0"},
        {"training", R"("seed": 0.5)", "training.seed", "0.5", "a whole number"},
        {"training", R"("eval_steps": "x")", "training.eval_steps", "\"x\"", "a whole number"},
        {"data", R"("shuffle": "yes")", "data.shuffle", "\"yes\"", "true or false"},
        {"data", R"("eval": 7)", "data.eval", "7", "a string"},
        {"data", R"("columns": "text")", "data.columns", "\"text\"", "an object"},
    };
    for (const auto& each : cases) {
        const ConfigIssues issues = issuesOf(with(each.section, each.members));
        const std::string text = issueAt(issues, each.field);
        EXPECT_NE(text.find(each.found), std::string::npos) << text;
        EXPECT_NE(text.find(each.allowed), std::string::npos) << text;
        EXPECT_EQ(issues.size(), 1u) << each.members;
    }
    issueAt(issuesOf("[]"), "experiment");
    issueAt(issuesOf(R"({"model": "m", "data": {"train": "a"}, "task": "masked-lm"})"), "task");
}

TEST(ExperimentJson, ValuesOutOfRangeAreRefused)
{
    const struct
    {
        const char *section, *members, *field;
    } cases[] = {
        {"data", R"("eval_split": 0)", "data.eval_split"},
        {"data", R"("eval_split": 1)", "data.eval_split"},
        {"data", R"("max_length": 0)", "data.max_length"},
        {"data", R"("max_train_samples": 0)", "data.max_train_samples"},
        {"data", R"("eval": "")", "data.eval"},
        {"data", R"("columns": {"text": "a", "label": "a"})", "data.columns.label"},
        {"data", R"("columns": {"text": "a", "text_pair": "a"})", "data.columns.text_pair"},
        {"method", R"("r": 0)", "method.r"},
        {"method", R"("r": 4097)", "method.r"},
        {"method", R"("lora_alpha": 0)", "method.lora_alpha"},
        {"method", R"("lora_dropout": 1)", "method.lora_dropout"},
        {"method", R"("lora_dropout": -0.1)", "method.lora_dropout"},
        {"method", R"("rank_pattern": {"query": 0})", "method.rank_pattern.query"},
        {"method", R"("rank_pattern": {"(": 2})", "method.rank_pattern.("},
        {"method", R"("alpha_pattern": {"query": -1})", "method.alpha_pattern.query"},
        {"method", R"("layers_to_transform": [0, -1])", "method.layers_to_transform"},
        {"method", R"("layers_to_transform": [])", "method.layers_to_transform"},
        {"method", R"("layers_to_transform": [0], "target_modules": ".*query")",
         "method.layers_to_transform"},
        {"method", R"("target_modules": [])", "method.target_modules"},
        {"method", R"("target_modules": [""])", "method.target_modules"},
        {"method", R"("target_modules": "")", "method.target_modules"},
        {"method", R"("target_modules": "(query")", "method.target_modules"},
        {"method", R"("bias": "some")", "method.bias"},
        {"method", R"("type": "lore")", "method.type"},
        {"training", R"("num_train_epochs": 0)", "training.num_train_epochs"},
        {"training", R"("max_steps": -2)", "training.max_steps"},
        {"training", R"("per_device_train_batch_size": 0)", "training.per_device_train_batch_size"},
        {"training", R"("gradient_accumulation_steps": 0)", "training.gradient_accumulation_steps"},
        {"training", R"("learning_rate": 0)", "training.learning_rate"},
        {"training", R"("learning_rate": -1e-3)", "training.learning_rate"},
        {"training", R"("weight_decay": -1)", "training.weight_decay"},
        {"training", R"("adam_beta1": 1)", "training.adam_beta1"},
        {"training", R"("adam_beta2": 1)", "training.adam_beta2"},
        {"training", R"("adam_epsilon": 0)", "training.adam_epsilon"},
        {"training", R"("max_grad_norm": -1)", "training.max_grad_norm"},
        {"training", R"("warmup_ratio": 1.1)", "training.warmup_ratio"},
        {"training", R"("eval_steps": 0)", "training.eval_steps"},
        {"training", R"("save_steps": 0)", "training.save_steps"},
        {"training", R"("early_stopping_patience": 0)", "training.early_stopping_patience"},
        {"training", R"("early_stopping_patience": 1, "eval_steps": 9, "max_steps": 5)",
         "training.early_stopping_patience"},
        {"training", R"("hidden_dropout": 1)", "training.hidden_dropout"},
        {"training", R"("threads": -1)", "training.threads"},
        {"training", R"("lr_scheduler_type": "polynomial")", "training.lr_scheduler_type"},
        {"training", R"("metric_for_best_model": "eval_bleu")", "training.metric_for_best_model"},
    };
    for (const auto& each : cases) {
        const ConfigIssues issues = issuesOf(with(each.section, each.members));
        EXPECT_FALSE(issueAt(issues, each.field).empty());
        EXPECT_EQ(issues.size(), 1u) << each.members;
        EXPECT_TRUE(hasErrors(issues)) << each.members;
    }
}

TEST(ExperimentJson, EndsOfRangesAreAllowed)
{
    read(with("method", R"("r": 1)"));
    read(with("method", R"("r": 4096, "lora_dropout": 0.999)"));
    read(with("method", R"("layers_to_transform": [0], "target_modules": "all-linear")"));
    read(with("training", R"("warmup_ratio": 0, "max_grad_norm": 0, "threads": 0, "max_steps": -1)"));
    read(with("training", R"("warmup_ratio": 1, "hidden_dropout": 0, "num_train_epochs": 0.01)"));
    read(with("data", R"("max_length": 1, "eval_split": 0.001)"));
}

TEST(ExperimentJson, VariantsOfLoraAreRead)
{
    const LoraConfig lora = read(with("method", R"("use_dora": true, "loraplus_lr_ratio": 16)")).method.lora;
    EXPECT_TRUE(lora.useDora);
    EXPECT_EQ(lora.loraplusLrRatio, 16);
    for (const char* start : {"pissa", "pissa_niter_16", "olora"})
        EXPECT_EQ(read(with("method", fmt::format(R"("init_lora_weights": "{}", "lora_fa": true)", start)))
                      .method.lora.initLoraWeights,
                  start);
    EXPECT_EQ(read(with("method", R"("init_lora_weights": true)")).method.lora.initLoraWeights, "true");
}

TEST(ExperimentJson, VariantsThatDoNotFitTogetherAreRefused)
{
    const struct
    {
        const char *method, *field, *part;
    } cases[] = {
        {R"("init_lora_weights": "loftq")", "method.init_lora_weights", "allowed: true, \"pissa\""},
        {R"("init_lora_weights": "pissa_niter_0")", "method.init_lora_weights", "n from 1"},
        {R"("init_lora_weights": false)", "method.init_lora_weights", "found false"},
        {R"("init_lora_weights": "pissa", "use_dora": true)", "method.init_lora_weights", "use_dora"},
        {R"("init_lora_weights": "olora", "init_adapter": "old")", "method.init_lora_weights",
         "init_adapter"},
        {R"("init_lora_weights": "pissa", "use_rslora": true, "rank_pattern": {"query": 4})",
         "method.init_lora_weights", "use_rslora"},
        {R"("lora_fa": true, "loraplus_lr_ratio": 16)", "method.loraplus_lr_ratio", "lora_fa"},
        {R"("loraplus_lr_ratio": 0)", "method.loraplus_lr_ratio", "above 0"},
    };
    for (const auto& each : cases) {
        const std::string text = issueAt(issuesOf(with("method", each.method)), each.field);
        EXPECT_NE(text.find(each.part), std::string::npos) << each.method << ": " << text;
    }
}

TEST(ExperimentJson, FrozenWeightsAreFloat32OrBFloat16)
{
    EXPECT_TRUE(issuesOf(with("training", R"("dtype": "bfloat16")")).empty());
    const std::string text = issueAt(issuesOf(with("training", R"("dtype": "float16")")), "training.dtype");
    EXPECT_NE(text.find("allowed: float32, bfloat16"), std::string::npos) << text;
}

TEST(ExperimentJson, AMisspelledTaskIsToldWithTheNearestOne)
{
    const std::string text =
        issueAt(issuesOf(with("task", R"("type": "sequence-clasification")")), "task.type");
    EXPECT_NE(text.find("is not a task; allowed: sequence-classification, multi-label-classification, "
                        "regression, token-classification, question-answering, causal-lm, masked-lm; did "
                        "you mean \"sequence-classification\"?"),
              std::string::npos)
        << text;
}

TEST(ExperimentJson, EveryTaskIsReadByItsName)
{
    for (const TaskType task : allTasks())
        EXPECT_EQ(read(with("task", R"("type": ")" + std::string(toString(task)) + "\"")).task, task);
}

TEST(ExperimentJson, ATaskMayNameItsColumnsInItsOwnWords)
{
    const ExperimentConfig e = read(R"({"model": "m", "task": {"type": "question-answering"},
        "data": {"train": "a", "columns": {"question": "q", "context": "c", "answers": "a"}}})");
    EXPECT_EQ(e.data.columns, (ColumnMapping{"q", "c", "a"}));
    const ExperimentConfig labels = read(R"({"model": "m", "task": {"type": "multi-label-classification"},
        "data": {"train": "a", "columns": {"label": ["toxic", "insult"]}}})");
    EXPECT_EQ(labels.data.columns.label, "toxic,insult");
}

TEST(ExperimentJson, AColumnOfAnotherTaskOrNamedTwiceIsAProblem)
{
    const std::string other =
        issueAt(issuesOf(with("data", R"("columns": {"question": "q"})")), "data.columns.question");
    EXPECT_NE(other.find("is a column of the task question-answering"), std::string::npos) << other;
    const std::string twice =
        issueAt(issuesOf(R"({"model": "m", "task": {"type": "causal-lm"}, "data": {"train": "a",
            "columns": {"text": "t", "messages": "u"}}})"),
                "data.columns.messages");
    EXPECT_NE(twice.find("data.columns.text"), std::string::npos) << twice;
}

TEST(ExperimentJson, DataKeysOfOneTaskAreWarnedAboutInOthers)
{
    const ConfigIssues issues = issuesOf(with("data", R"("doc_stride": 8, "train_on_prompt": true)"));
    EXPECT_FALSE(hasErrors(issues));
    issueAt(issues, "data.doc_stride");
    issueAt(issues, "data.train_on_prompt");
    const std::string wide = issueAt(issuesOf(R"({"model": "m", "task": {"type": "question-answering"},
            "data": {"train": "a", "max_length": 64, "doc_stride": 64}})"),
                                     "data.doc_stride");
    EXPECT_NE(wide.find("found 64; allowed: fewer than data.max_length (64)"), std::string::npos) << wide;
}

TEST(ExperimentJson, AllProblemsAreListedAtOnce)
{
    EXPECT_EQ(
        issuesOf(R"({"data": {"max_length": "x", "trian": 1}, "method": {"r": 0}, "training": {"seed": []}})")
            .size(),
        6u);
}

TEST(ExperimentJson, AnEarlyStopThatCannotComeIsAWarning)
{
    const ConfigIssues issues = issuesOf(with("training", R"("early_stopping_patience": 3)"));
    ASSERT_EQ(issues.size(), 1u);
    EXPECT_EQ(issues[0].severity, Severity::Warning);
    EXPECT_FALSE(hasErrors(issues));
}

TEST(ExperimentJson, RelativePathsBelongToTheFolderOfTheFile)
{
    ConfigIssues issues;
    const Json document =
        Json::parse(R"({"model": "models/a/b", "data": {"train": "../t.tsv", "eval": "/e.tsv"},
                                          "method": {"init_adapter": "old"}})");
    const ExperimentConfig e = experimentFromJson(document, "/base/folder", issues);
    EXPECT_TRUE(issues.empty());
    EXPECT_EQ(e.model, "/base/folder/models/a/b");
    EXPECT_EQ(e.data.train, "/base/t.tsv");
    EXPECT_EQ(e.data.eval, "/e.tsv");
    EXPECT_EQ(e.method.lora.initAdapter, "/base/folder/old");
}

TEST(ExperimentJson, BuiltinNamesAndHubIdsAreNoPaths)
{
    ConfigIssues issues;
    const auto read = [&](const char* model) {
        return experimentFromJson({{"model", model}, {"data", {{"train", "builtin:sentiment"}}}}, "/base",
                                  issues);
    };
    EXPECT_EQ(read("builtin:encoder").model, "builtin:encoder");
    EXPECT_EQ(read("org/name").model, "org/name");
    EXPECT_EQ(read("./name").model, "/base/name");
    EXPECT_EQ(read("x").data.train, "builtin:sentiment");
}

TEST_F(ExperimentFile, AFolderOfTheSpellingOfAHubIdWins)
{
    fs::create_directories(m_folder / "org" / "name");
    const fs::path file = write(R"({"model": "org/name", "data": {"train": "a"}})");
    EXPECT_EQ(loadExperiment(file).model, (m_folder / "org/name").string());
}

TEST_F(ExperimentFile, CommentsAreAccepted)
{
    const fs::path file =
        write("// first\n{\"model\": \"builtin:encoder\", // second\n \"data\": {\"train\": \"a\"}}");
    EXPECT_EQ(loadExperiment(file).data.train, (m_folder / "a").string());
}

TEST_F(ExperimentFile, OverridesApplyInOrder)
{
    const fs::path file =
        write(R"({"model": "m", "data": {"train": "a"}, "method": {"rank_pattern": {"key": 3}}})");
    const ExperimentConfig e = loadExperiment(
        file, {"method.r=2", "method.r=4", "method.rank_pattern.query=2", "method.rank_pattern.layer.0.key=6",
               "method.rank_pattern.key=null", "task.type=masked-lm", "training.learning_rate=1e-3",
               "data.columns.label=0", "name=8", "method.target_modules=[\"query\"]", "training.eval_steps=5",
               "training.eval_steps=null", "data.eval=b=c.tsv"});
    EXPECT_EQ(e.method.lora.r, 4);
    EXPECT_EQ(e.method.lora.rankPattern, (std::map<std::string, int>{{"query", 2}, {"layer.0.key", 6}}));
    EXPECT_EQ(e.task, TaskType::MaskedLm);
    EXPECT_EQ(e.training.learningRate, 1e-3);
    EXPECT_EQ(e.data.columns.label, "0");
    EXPECT_EQ(e.name, "8");
    EXPECT_EQ(std::get<0>(e.method.lora.targetModules), std::vector<std::string>{"query"});
    EXPECT_FALSE(e.training.evalSteps);
    EXPECT_EQ(e.data.eval, (m_folder / "b=c.tsv").string());
}

TEST_F(ExperimentFile, AnOverrideOfNullResetsToTheDefault)
{
    const fs::path file =
        write(R"({"model": "m", "data": {"train": "a"}, "method": {"r": 4, "bias": "all"}})");
    EXPECT_EQ(loadExperiment(file, {"method.r=null", "method.bias=null"}).method, MethodConfig{});
    EXPECT_EQ(loadExperiment(file, {"method=null"}).method, MethodConfig{});
}

TEST_F(ExperimentFile, BadOverridesAreReportedLikeBadKeys)
{
    const std::string whole = R"({"model": "m", "data": {"train": "a"}})";
    EXPECT_NE(errorOf(whole, {"method.rr=4"}).find("method.rr: unknown key"), std::string::npos);
    EXPECT_NE(errorOf(whole, {"method.rr=null"}).find("method.rr: unknown key"), std::string::npos);
    EXPECT_NE(errorOf(whole, {"method.r=many"}).find("method.r: expected a whole number"), std::string::npos);
    EXPECT_NE(errorOf(whole, {"method.r"}).find("expected key.path=value"), std::string::npos);
    EXPECT_NE(errorOf(whole, {"=1"}).find("expected key.path=value"), std::string::npos);
    EXPECT_NE(errorOf(whole, {"model.x=1"}).find("does not lead through objects"), std::string::npos);
    EXPECT_NE(errorOf(whole, {"method..r=1"}).find("method.: unknown key"), std::string::npos);
    EXPECT_NE(errorOf(whole, {"name=\xff\xfe"}).find("not valid UTF-8"), std::string::npos);
}

TEST_F(ExperimentFile, TheErrorNamesTheFileAndEveryProblem)
{
    const std::string text = errorOf(R"({"modle": "m", "data": {"train": "a"}, "method": {"r": 0}})");
    EXPECT_NE(text.find("experiment.json: 3 problems"), std::string::npos) << text;
    EXPECT_NE(text.find("modle: unknown key (value \"m\"); did you mean \"model\"?"), std::string::npos)
        << text;
    EXPECT_NE(text.find("method.r: found 0; allowed: a whole number from 1 to 4096"), std::string::npos)
        << text;
}

TEST_F(ExperimentFile, MalformedJsonNamesItsPlace)
{
    EXPECT_NE(errorOf("{\"model\": \"m\",\n}").find("line 2"), std::string::npos);
    EXPECT_NE(errorOf("").find("not valid JSON"), std::string::npos);
    EXPECT_NE(errorOf(std::string("\0\1\2", 3)).find("not valid JSON"), std::string::npos);
    EXPECT_NE(errorOf("{\"training\": {\"learning_rate\": 1e999}}").find("not valid JSON"),
              std::string::npos);
    EXPECT_NE(errorOf("{\"name\": \"\xff\"}").find("not valid JSON"), std::string::npos);
}

TEST_F(ExperimentFile, DeepNestingIsRefused)
{
    const std::string deep = std::string(1000000, '[') + std::string(1000000, ']');
    EXPECT_NE(errorOf(R"({"model": "m", "data": {"train": )" + deep + "}}").find("32 levels"),
              std::string::npos);
    EXPECT_NE(errorOf(std::string(200000, '[')).find("32 levels"), std::string::npos);
    EXPECT_NE(errorOf(R"({"model": "m", "data": {"train": "a"}})", {"name=" + deep}).find("32 levels"),
              std::string::npos);
}

TEST_F(ExperimentFile, ManyObjectsAreReadInTimeInTheirNumber)
{
    std::string objects = "{}";
    for (int i = 0; i < 300000; ++i) // minutes, if each were compared with all before it
        objects += ",{}";
    const std::string error =
        errorOf(R"({"model": "m", "data": {"train": "a.tsv"}, "x": [)" + objects + "]}");
    EXPECT_NE(error.find("x: unknown key"), std::string::npos) << error;
}

TEST_F(ExperimentFile, AKeyThatStandsTwiceIsRefused)
{
    EXPECT_NE(errorOf(R"({"model": "m", "data": {"train": "a"}, "method": {"r": 1, "r": 2}})")
                  .find("r: the key stands twice"),
              std::string::npos);
}

TEST_F(ExperimentFile, MissingFileAndFolderAreFileSystemErrors)
{
    for (const fs::path& path : {m_folder, m_folder / "absent.json"}) {
        try {
            loadExperiment(path);
            ADD_FAILURE() << path;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::FileSystem);
            EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos);
        }
    }
}

TEST(NumberRange, TextsSayWhichEndsBelong)
{
    EXPECT_EQ(numberRange("method.r")->text(), "a whole number from 1 to 4096");
    EXPECT_EQ(numberRange("method.lora_dropout")->text(), "a number from 0 to below 1");
    EXPECT_EQ(numberRange("data.eval_split")->text(), "a number above 0 and below 1");
    EXPECT_EQ(numberRange("training.learning_rate")->text(), "a number above 0");
    EXPECT_EQ(numberRange("training.eval_steps")->text(), "a whole number of at least 1");
    EXPECT_EQ(numberRange("training.num_train_epochs")->text(), "a number above 0 and up to 1000000");
    EXPECT_EQ(numberRange("training.bogus"), nullptr);
    EXPECT_FALSE(numberRange("training.learning_rate")->contains(std::nan("")));
}

} // namespace
} // namespace lora
