// The numbers of PyTorch, transformers and PEFT through the command line alone.
#include "tests/cli/program.h"
#include "tests/golden/golden_case.h"

#include <sstream>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

constexpr double logitsTolerance = 1e-4;
constexpr double lossTolerance = 1e-3;

std::vector<std::string> cases()
{
    return {"families/bert-sequence-classification", "variants/rslora/bert-sequence-classification",
            "variants/rank_pattern/bert-sequence-classification",
            "variants/layers_to_transform/bert-sequence-classification",
            "variants/bias_lora_only/bert-sequence-classification"};
}

class CommandLineGoldenBase : public testing::Test
{
protected:
    void SetUp() override { SKIP_WITHOUT_ASSETS(); }

    /// The case's rows as already tokenised JSON Lines.
    std::string writeRows(const GoldenCase& golden, bool hasLabels) const
    {
        const Batch batch = golden.batch();
        std::string text;
        for (std::size_t row = 0; row < batch.classLabels.size(); ++row) {
            const auto begin = batch.inputIds.begin();
            nlohmann::json line = {
                {"input_ids", std::vector<std::int32_t>(begin + batch.sequenceOffsets[row],
                                                        begin + batch.sequenceOffsets[row + 1])}};
            if (hasLabels)
                line["labels"] = batch.classLabels[row];
            text += line.dump() + "\n";
        }
        return folder.write(hasLabels ? "rows.jsonl" : "ids.jsonl", text).string();
    }

    std::string writeExperiment(const GoldenCase& golden) const
    {
        const nlohmann::json& adamw = golden.facts["adamw"];
        nlohmann::json method = golden.facts["lora"];
        method.erase("task_type");
        method["init_adapter"] = (golden.folder / "adapter").string();
        const nlohmann::json experiment = {{"model", golden.folder.string()},
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
    const Finished finished = program.run(
        {"predict", golden.folder.string(), "--adapter", (golden.folder / "adapter").string(), "--task",
         "sequence-classification", "--input-ids", writeRows(golden, false), "--logits", "--json"});
    ASSERT_EQ(finished.code, 0) << finished.err;
    std::vector<float> logits;
    for (const nlohmann::json& row : finished.json()) {
        for (const nlohmann::json& logit : row.at("logits"))
            logits.push_back(logit.get<float>());
        EXPECT_TRUE(row.at("probabilities").contains(row.at("label").get<std::string>()));
    }
    const std::vector<float> expected = golden.values("lora.logits");
    ASSERT_EQ(logits.size(), expected.size());
    EXPECT_LT(relativeDifference(logits.data(), expected), logitsTolerance);
}

TEST_P(CommandLineGolden, TrainFollowsTheTenSteps)
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

INSTANTIATE_TEST_SUITE_P(Bert, CommandLineGolden, testing::ValuesIn(cases()), [](const auto& tested) {
    std::string name = tested.param.substr(0, tested.param.rfind('/'));
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
});

TEST_F(CommandLineGoldenBase, PredictWithoutAdapterPrintsTheBaseModel)
{
    const GoldenCase golden(cases().front());
    const Finished finished = program.run(
        {"predict", golden.folder.string(), "--input-ids", writeRows(golden, false), "--logits", "--json"});
    ASSERT_EQ(finished.code, 0) << finished.err;
    std::vector<float> logits;
    for (const nlohmann::json& row : finished.json())
        for (const nlohmann::json& logit : row.at("logits"))
            logits.push_back(logit.get<float>());
    const std::vector<float> expected = golden.values("base.logits");
    ASSERT_EQ(logits.size(), expected.size());
    EXPECT_LT(relativeDifference(logits.data(), expected), logitsTolerance);
}

} // namespace lora::test
