#include "core/experiment/adapter_conversion.h"
#include "core/io/atomic_file.h"
#include "core/lora/peft_config.h"
#include "tests/support/expect_error.h"
#include "tests/support/model_folder.h"

#include <limits>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

/// A base model and what a training made of it: every weight moved a little.
class TwoModels : public testing::Test
{
protected:
    explicit TwoModels(const TinyBert& tiny = {})
        : base(tiny)
        , tuned(tiny)
    {
        for (ModelFolder* model : {&base, &tuned})
            model->config["id2label"] = {{"0", "0"}, {"1", "1"}, {"2", "2"}};
        for (StoredTensor& tensor : tuned.tensors) {
            const auto step = randomValues<float>(static_cast<std::int64_t>(tensor.values.size()),
                                                  "step " + tensor.name, 0.1);
            for (std::size_t i = 0; i < step.size(); ++i)
                tensor.values[i] += step[i];
        }
        base.write();
        tuned.write();
        wishes.out = folder / "adapter";
        wishes.threads = 1;
    }

    std::string basePath() const { return base.folder().path().string(); }
    std::string tunedPath() const { return tuned.folder().path().string(); }

    ExtractedAdapter extracted(std::int64_t rank, bool isLinearOnly = false)
    {
        return extractAdapterTo(tunedPath(), basePath(), TaskType::SequenceClassification,
                                {{rank, std::nullopt}, isLinearOnly}, wishes);
    }

    /// Logits of a model folder, with an adapter or without.
    std::vector<std::vector<float>> logits(const std::string& model,
                                           const std::optional<std::filesystem::path>& adapter = std::nullopt)
    {
        const TrainedModel opened = openTrainedModel({model, adapter, TaskType::SequenceClassification});
        return evaluate(opened, learnableDataset(12), 1, {.keepsLogits = true}).logits;
    }

    static double largestDifference(const std::vector<std::vector<float>>& a,
                                    const std::vector<std::vector<float>>& b)
    {
        double worst = 0;
        for (std::size_t i = 0; i < a.size(); ++i)
            for (std::size_t k = 0; k < a[i].size(); ++k)
                worst = std::max(worst, static_cast<double>(std::abs(a[i][k] - b.at(i).at(k))));
        return worst;
    }

    ModelFolder base;
    ModelFolder tuned;
    TemporaryFolder folder;
    ConversionWishes wishes;
};

class TwoGpt2Models : public TwoModels
{
protected:
    TwoGpt2Models()
        : TwoModels(TinyBert{.family = "gpt2"})
    {}
};

} // namespace

TEST_F(TwoModels, AFolderExtractedAtFullRankGivesTheTrainedModelsLogits)
{
    const ExtractedAdapter result = extracted(9);
    EXPECT_LT(result.extraction.error, 1e-6);
    EXPECT_LT(largestDifference(logits(basePath(), wishes.out), logits(tunedPath())), 1e-4);
    EXPECT_TRUE(result.quality.lines.empty()); // no run, no rows
    const PeftConfig config = readPeftConfig(wishes.out);
    EXPECT_EQ(config.lora.r, 9);
    EXPECT_EQ(config.lora.bias, "all");
}

TEST_F(TwoGpt2Models, TurnedWeightsAreExtractedAsWell)
{
    extracted(9);
    EXPECT_NE(readFile(wishes.out / "adapter_config.json").find("\"fan_in_fan_out\": true"),
              std::string::npos);
    EXPECT_LT(largestDifference(logits(basePath(), wishes.out), logits(tunedPath())), 1e-4);
}

TEST_F(TwoModels, AnExtractedFolderIsResizedAndGrownBack)
{
    extracted(6);
    const auto before = logits(basePath(), wishes.out);
    const AdapterSourceRequest source{wishes.out.string(), std::nullopt, std::nullopt};
    ConversionWishes larger = wishes;
    larger.out = folder / "larger";
    resizeAdapterTo(source, {9, std::nullopt}, larger);
    EXPECT_LT(largestDifference(logits(basePath(), larger.out), before), 1e-5);
    EXPECT_EQ(readPeftConfig(larger.out).lora.r, 9);
    ConversionWishes smaller = wishes;
    smaller.out = folder / "smaller";
    const ConvertedAdapter cut = resizeAdapterTo(source, {std::nullopt, 0.8}, smaller);
    EXPECT_GT(cut.resized.error, 0.05);
    EXPECT_LT(cut.resized.error, std::sqrt(0.2));
    EXPECT_LT(cut.certificate.maxAbsLogitDifference, 1e-4);
}

TEST_F(TwoModels, RowsShowWhatIsKept)
{
    std::string lines;
    const TokenizedDataset rows = learnableDataset(30);
    for (const TokenizedExample& example : rows.examples) {
        nlohmann::json line = {{"input_ids", example.inputIds}, {"label", example.classLabel}};
        lines += line.dump() + "\n";
    }
    wishes.data = folder.write("rows.jsonl", lines).string();
    const ExtractedAdapter result = extracted(1, true);
    ASSERT_EQ(result.quality.lines.size(), 2u);
    EXPECT_EQ(result.quality.rows, 30);
    EXPECT_EQ(result.quality.lines[0].model, "trained");
    EXPECT_EQ(result.quality.lines[1].model, "adapter");
    ASSERT_TRUE(result.quality.lines[1].loss);
    EXPECT_NEAR(result.quality.lines[1].loss->mean,
                result.quality.lines[0].metrics.at("accuracy") -
                    result.quality.lines[1].metrics.at("accuracy"),
                1e-12);
    EXPECT_FALSE(result.extraction.leftOut.empty());
}

TEST_F(TwoModels, WhatCannotBeDoneIsRefusedBeforeAnythingIsWritten)
{
    expectError(ErrorKind::BadUsage, "rank of 0", [&] { extracted(0); });
    expectError(ErrorKind::BadUsage, "rank of 10", [&] { extracted(10); });
    expectError(ErrorKind::BadUsage, "what its training began from", [&] {
        extractAdapterTo(tunedPath(), std::nullopt, TaskType::SequenceClassification,
                         {{2, std::nullopt}, false}, wishes);
    });
    expectError(ErrorKind::BadUsage, "neither a run nor a PEFT folder", [&] {
        resizeAdapterTo({basePath(), std::nullopt, std::nullopt}, {2, std::nullopt}, wishes);
    });
    tuned.tensor("bert.encoder.layer.1.output.dense.weight").values[5] =
        std::numeric_limits<float>::quiet_NaN();
    tuned.write();
    expectError(ErrorKind::BadInput, "bert.encoder.layer.1.output.dense", [&] { extracted(2); });
    EXPECT_FALSE(std::filesystem::exists(wishes.out));
}

} // namespace lora::test
