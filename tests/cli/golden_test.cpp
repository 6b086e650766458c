// The numbers of PyTorch, transformers and PEFT through the command line alone.
#include "tests/cli/program.h"
#include "tests/golden/golden_case.h"
#include "tests/golden/missing_bias.h"

#include <functional>
#include <sstream>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

constexpr double logitsTolerance = 1e-4;
constexpr double lossTolerance = 1e-3;

class CommandLineGoldenBase : public testing::Test
{
protected:
    void SetUp() override { SKIP_WITHOUT_ASSETS(); }

    /// The case's rows as already tokenised JSON Lines.
    std::string writeRows(const GoldenCase& golden, bool hasLabels) const
    {
        std::string text;
        for (std::size_t row = 0; row < golden.facts["lengths"].size(); ++row)
            text += golden.row(row, hasLabels).dump() + "\n";
        return folder.write(hasLabels ? "rows.jsonl" : "ids.jsonl", text).string();
    }

    /// The base model's folder; see missing_bias.h for GPT-2's.
    std::string baseFolder(const GoldenCase& golden) const
    {
        if (golden.folder.string().find("gpt2") == std::string::npos)
            return golden.folder.string();
        writeCompleted(golden, folder.path());
        return folder.path().string();
    }

    /// Every logit of a prediction, in the order of the golden file.
    static std::vector<float> logitsOf(const nlohmann::json& rows)
    {
        std::vector<float> logits;
        const std::function<void(const nlohmann::json&)> collect = [&](const nlohmann::json& value) {
            if (value.is_array())
                for (const nlohmann::json& each : value)
                    collect(each);
            else
                logits.push_back(value.get<float>());
        };
        for (const nlohmann::json& row : rows) {
            if (row.contains("start_logits"))
                for (std::size_t t = 0; t < row.at("start_logits").size(); ++t) {
                    collect(row.at("start_logits")[t]);
                    collect(row.at("end_logits")[t]);
                }
            else
                collect(row.at("logits"));
        }
        return logits;
    }

    std::string writeExperiment(const GoldenCase& golden) const
    {
        const nlohmann::json& adamw = golden.facts["adamw"];
        nlohmann::json method = golden.facts["lora"];
        method.erase("task_type");
        method.erase("fan_in_fan_out"); // told by the model
        method["init_adapter"] = (golden.folder / "adapter").string();
        const nlohmann::json experiment = {{"model", baseFolder(golden)},
                                           {"task", {{"type", toString(golden.task())}}},
                                           {"data",
                                            {{"train", writeRows(golden, true)},
                                             {"eval", writeRows(golden, true)},
                                             {"max_length", 32},
                                             {"shuffle", false}}},
                                           {"method", method},
                                           {"training",
                                            {{"max_steps", 10},
                                             {"per_device_train_batch_size", 3},
                                             {"learning_rate", adamw["lr"]},
                                             {"weight_decay", adamw["weight_decay"]},
                                             {"max_grad_norm", adamw["max_grad_norm"]},
                                             {"lr_scheduler_type", "constant"},
                                             {"warmup_ratio", 0}}}};
        return folder.write("experiment.json", experiment.dump(2)).string();
    }

    TemporaryFolder folder;
    Program program;
};

class CommandLineGolden : public CommandLineGoldenBase, public testing::WithParamInterface<std::string>
{};

/// Steps of a metrics.jsonl in order.
std::vector<nlohmann::json> stepsOf(const std::filesystem::path& file)
{
    std::vector<nlohmann::json> steps;
    std::istringstream lines(textOfFile(file));
    for (std::string line; std::getline(lines, line);) {
        nlohmann::json object = nlohmann::json::parse(line);
        if (object.contains("loss"))
            steps.push_back(std::move(object));
    }
    return steps;
}

} // namespace

TEST_P(CommandLineGolden, PredictPrintsTheLogitsOfTheAdaptedModel)
{
    const GoldenCase golden(GetParam());
    const Finished finished =
        program.run({"predict", baseFolder(golden), "--adapter", (golden.folder / "adapter").string(),
                     "--task", std::string(toString(golden.task())), "--input-ids", writeRows(golden, false),
                     "--logits", "--json"});
    ASSERT_EQ(finished.code, 0) << finished.err;
    const std::vector<float> logits = logitsOf(finished.json());
    const std::vector<float> expected = golden.logits("lora.logits");
    ASSERT_EQ(logits.size(), expected.size());
    EXPECT_LT(relativeDifference(logits.data(), expected), logitsTolerance);
}

/// Not question answering: the file's loss counts padding, which does not exist here, see AnswerGolden.
class CommandLineTrainingGolden : public CommandLineGolden
{};

TEST_P(CommandLineTrainingGolden, TrainFollowsTheTenSteps)
{
    const GoldenCase golden(GetParam());
    const std::string run = (folder / "run").string();
    const Finished finished = program.run({"train", writeExperiment(golden), "--out", run, "--json"});
    ASSERT_EQ(finished.code, 0) << finished.err;
    EXPECT_EQ(finished.json().at("trainable_parameters"), golden.facts["trainable_parameters"]);
    const std::vector<nlohmann::json> steps = stepsOf(folder / "run" / "metrics.jsonl");
    ASSERT_EQ(steps.size(), 10u);
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const double loss = golden.facts["adamw"]["losses"][i];
        const double norm = golden.facts["adamw"]["grad_norms_before_clipping"][i];
        EXPECT_NEAR(steps[i].at("loss").get<double>(), loss, lossTolerance * loss) << "step " << i + 1;
        EXPECT_NEAR(steps[i].at("grad_norm").get<double>(), norm, lossTolerance * norm) << "step " << i + 1;
    }
}

std::string nameOf(const testing::TestParamInfo<std::string>& tested)
{
    std::string name = tested.param;
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, CommandLineGolden, testing::ValuesIn(goldenCases()), nameOf);
INSTANTIATE_TEST_SUITE_P(Cases, CommandLineTrainingGolden, testing::ValuesIn(casesWithComparableLoss()),
                         nameOf);

TEST_F(CommandLineGoldenBase, PredictWithoutAdapterPrintsTheBaseModel)
{
    const GoldenCase golden(goldenCases().front());
    const Finished finished = program.run(
        {"predict", golden.folder.string(), "--input-ids", writeRows(golden, false), "--logits", "--json"});
    ASSERT_EQ(finished.code, 0) << finished.err;
    const std::vector<float> logits = logitsOf(finished.json());
    const std::vector<float> expected = golden.values("base.logits");
    ASSERT_EQ(logits.size(), expected.size());
    EXPECT_LT(relativeDifference(logits.data(), expected), logitsTolerance);
}

} // namespace lora::test
