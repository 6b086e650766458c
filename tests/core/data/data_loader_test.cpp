#include "core/data/data_loader.h"

#include "core/base/error.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

namespace lora {
namespace {

TokenizedDataset rowsOf(std::size_t count, std::size_t length = 3)
{
    TokenizedDataset dataset;
    for (std::size_t row = 0; row < count; ++row) {
        TokenizedExample example;
        for (std::size_t i = 0; i < length; ++i)
            example.inputIds.push_back(static_cast<std::int32_t>(row * 1000 + i));
        example.tokenTypeIds.assign(length, 0);
        example.classLabel = static_cast<std::int32_t>(row % 3);
        dataset.examples.push_back(std::move(example));
    }
    return dataset;
}

TokenizedDataset textRows(std::size_t count, std::size_t length)
{
    TokenizedDataset dataset = rowsOf(count, length);
    dataset.masking = MaskingFacts{.maskId = 4, .vocabularySize = 1000000};
    for (TokenizedExample& example : dataset.examples) {
        example.isSpecial.assign(length, false);
        example.isSpecial.front() = true;
        example.isSpecial.back() = true;
    }
    return dataset;
}

std::vector<std::uint32_t> rowsOfEpoch(DataLoader& loader, std::int64_t epoch)
{
    std::vector<std::uint32_t> rows;
    std::vector<Batch> group;
    for (std::int64_t step = 0; step < loader.stepsPerEpoch(); ++step) {
        loader.load(epoch * loader.stepsPerEpoch() + step, group);
        for (const Batch& batch : group)
            rows.insert(rows.end(), batch.exampleIndex.begin(), batch.exampleIndex.end());
    }
    return rows;
}

bool isSame(const Batch& a, const Batch& b)
{
    return a.inputIds == b.inputIds && a.tokenTypeIds == b.tokenTypeIds &&
           a.sequenceOffsets == b.sequenceOffsets && a.classLabels == b.classLabels &&
           a.tokenLabels == b.tokenLabels && a.exampleIndex == b.exampleIndex;
}

constexpr TaskType classification = TaskType::SequenceClassification;

TEST(DataLoader, AnEpochShowsEveryRowOnce)
{
    const TokenizedDataset dataset = rowsOf(23);
    DataLoader loader(dataset, classification, {.batchSize = 4, .accumulationSteps = 2});
    for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
        const auto rows = rowsOfEpoch(loader, epoch);
        EXPECT_EQ(rows.size(), 23u);
        EXPECT_EQ(std::set<std::uint32_t>(rows.begin(), rows.end()).size(), 23u);
    }
}

TEST(DataLoader, EachEpochHasItsOwnOrderAndASeedRepeatsIt)
{
    const TokenizedDataset dataset = rowsOf(50);
    DataLoader loader(dataset, classification, {.batchSize = 8, .seed = 1});
    DataLoader again(dataset, classification, {.batchSize = 8, .seed = 1});
    DataLoader other(dataset, classification, {.batchSize = 8, .seed = 2});
    EXPECT_NE(rowsOfEpoch(loader, 0), rowsOfEpoch(loader, 1));
    EXPECT_EQ(rowsOfEpoch(loader, 1), rowsOfEpoch(again, 1));
    EXPECT_NE(rowsOfEpoch(loader, 0), rowsOfEpoch(other, 0));
}

TEST(DataLoader, WithoutShufflingRowsKeepTheirOrder)
{
    const TokenizedDataset dataset = rowsOf(5);
    DataLoader loader(dataset, classification, {.batchSize = 2, .isShuffled = false});
    EXPECT_EQ(rowsOfEpoch(loader, 1), (std::vector<std::uint32_t>{0, 1, 2, 3, 4}));
}

TEST(DataLoader, TheLastBatchAndTheLastGroupMayBeSmaller)
{
    const TokenizedDataset dataset = rowsOf(21);
    DataLoader loader(dataset, classification, {.batchSize = 4, .accumulationSteps = 4});
    EXPECT_EQ(loader.batchesPerEpoch(), 6);
    EXPECT_EQ(loader.stepsPerEpoch(), 2);
    std::vector<Batch> group;
    loader.load(0, group);
    EXPECT_EQ(group.size(), 4u);
    loader.load(1, group);
    ASSERT_EQ(group.size(), 2u);
    EXPECT_EQ(group[0].sequences(), 4u);
    EXPECT_EQ(group[1].sequences(), 1u);
    EXPECT_EQ(loader.epochsAfter(3), 1.5);
}

TEST(DataLoader, AnyStepCanBeLoadedWithoutTheOnesBefore)
{
    for (const TaskType task : {classification, TaskType::MaskedLm}) {
        const TokenizedDataset dataset = textRows(37, 12);
        DataLoader whole(dataset, task, {.batchSize = 4, .accumulationSteps = 2, .seed = 9});
        std::vector<Batch> expected;
        for (std::int64_t step = 0; step <= 13; ++step)
            whole.load(step, expected);
        DataLoader resumed(dataset, task, {.batchSize = 4, .accumulationSteps = 2, .seed = 9});
        std::vector<Batch> group;
        resumed.load(13, group);
        ASSERT_EQ(group.size(), expected.size());
        for (std::size_t i = 0; i < group.size(); ++i)
            EXPECT_TRUE(isSame(group[i], expected[i]));
    }
}

TEST(DataLoader, BatchesArePackedWithTheirLabels)
{
    TokenizedDataset dataset = rowsOf(2, 2);
    dataset.examples[1].classLabel = -1;
    dataset.examples[1].tokenTypeIds = {1, 1};
    DataLoader loader(dataset, classification, {.isShuffled = false});
    std::vector<Batch> group;
    loader.load(0, group);
    ASSERT_EQ(group.size(), 1u);
    EXPECT_EQ(group[0].inputIds, (std::vector<std::int32_t>{0, 1, 1000, 1001}));
    EXPECT_EQ(group[0].tokenTypeIds, (std::vector<std::int32_t>{0, 0, 1, 1}));
    EXPECT_EQ(group[0].sequenceOffsets, (std::vector<std::int32_t>{0, 2, 4}));
    EXPECT_EQ(group[0].classLabels, (std::vector<std::int32_t>{0, ignoredLabel}));
    EXPECT_EQ(group[0].labelledItems(), 1u);
    EXPECT_TRUE(group[0].tokenLabels.empty());
}

TEST(DataLoader, NoRowsIsAnError)
{
    TokenizedDataset dataset;
    dataset.source = "empty.tsv";
    try {
        DataLoader loader(dataset, classification, {});
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("empty.tsv"), std::string::npos);
    }
}

TEST(DataLoader, PlannedStepsRoundUpAndMaxStepsWin)
{
    TrainingConfig training;
    training.numTrainEpochs = 1.5;
    EXPECT_EQ(plannedSteps(training, 5), 8);
    training.maxSteps = 3;
    EXPECT_EQ(plannedSteps(training, 5), 3);
}

TEST(MaskedBatches, FifteenPercentAreHiddenInTheSharesOfBert)
{
    const TokenizedDataset dataset = textRows(400, 102);
    DataLoader loader(dataset, TaskType::MaskedLm, {.batchSize = 400, .isShuffled = false});
    std::vector<Batch> group;
    loader.load(0, group);
    const Batch& batch = group.at(0);
    ASSERT_EQ(batch.tokenLabels.size(), batch.tokens());
    EXPECT_TRUE(batch.classLabels.empty());
    std::map<std::string, double> counts;
    for (std::size_t i = 0; i < batch.tokens(); ++i) {
        const std::int32_t original = dataset.examples[i / 102].inputIds[i % 102];
        if (batch.tokenLabels[i] == ignoredLabel) {
            EXPECT_EQ(batch.inputIds[i], original);
            continue;
        }
        EXPECT_EQ(batch.tokenLabels[i], original);
        EXPECT_NE(i % 102, 0u) << "special tokens are never hidden";
        EXPECT_NE(i % 102, 101u) << "special tokens are never hidden";
        ++counts["hidden"];
        ++counts[batch.inputIds[i] == 4 ? "mask" : batch.inputIds[i] == original ? "same" : "random"];
    }
    EXPECT_NEAR(counts["hidden"] / 40000, 0.15, 0.008);
    EXPECT_NEAR(counts["mask"] / counts["hidden"], 0.8, 0.03);
    EXPECT_NEAR(counts["random"] / counts["hidden"], 0.1, 0.02);
    EXPECT_NEAR(counts["same"] / counts["hidden"], 0.1, 0.02);
}

TEST(MaskedBatches, EveryEpochHidesOtherTokensAndEvaluationTheSame)
{
    const TokenizedDataset dataset = textRows(8, 40);
    DataLoader loader(dataset, TaskType::MaskedLm, {.batchSize = 8, .isShuffled = false});
    std::vector<Batch> first;
    std::vector<Batch> second;
    loader.load(0, first);
    loader.load(1, second);
    EXPECT_NE(first[0].tokenLabels, second[0].tokenLabels);
    EvaluationLoader evaluation(dataset, TaskType::MaskedLm, 100000, 42);
    Batch a;
    Batch b;
    evaluation.load(0, a);
    evaluation.load(0, b);
    EXPECT_TRUE(isSame(a, b));
    EXPECT_NE(a.tokenLabels, first[0].tokenLabels);
}

TEST(MaskedBatches, EveryTextHasSomethingToPredict)
{
    const TokenizedDataset dataset = textRows(200, 3);
    EvaluationLoader loader(dataset, TaskType::MaskedLm, 100000, 1);
    Batch batch;
    loader.load(0, batch);
    EXPECT_EQ(batch.labelledItems(), 200u);
}

TEST(MaskedBatches, GivenTokenLabelsAreKept)
{
    TokenizedDataset dataset = rowsOf(1, 3);
    dataset.examples[0].tokenLabels = {ignoredLabel, 7, ignoredLabel};
    EvaluationLoader loader(dataset, TaskType::MaskedLm, 100, 1);
    Batch batch;
    loader.load(0, batch);
    EXPECT_EQ(batch.tokenLabels, dataset.examples[0].tokenLabels);
    EXPECT_EQ(batch.inputIds, dataset.examples[0].inputIds);
}

TEST(EvaluationLoader, BatchesKeepFileOrderWithinTheTokenBudget)
{
    TokenizedDataset dataset = rowsOf(7, 4);
    dataset.examples[3].inputIds.assign(50, 1);
    EvaluationLoader loader(dataset, classification, 10, 1);
    std::vector<std::uint32_t> rows;
    Batch batch;
    for (std::size_t i = 0; i < loader.size(); ++i) {
        loader.load(i, batch);
        EXPECT_TRUE(batch.tokens() <= 10 || batch.sequences() == 1);
        rows.insert(rows.end(), batch.exampleIndex.begin(), batch.exampleIndex.end());
    }
    EXPECT_EQ(rows, (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(loader.size(), 5u);
}

TEST(EvaluationLoader, NoRowsGiveNoBatches)
{
    const TokenizedDataset dataset;
    EXPECT_EQ(EvaluationLoader(dataset, classification, 10, 1).size(), 0u);
}

TEST(EvaluationLoader, RowsOfUnknownClassesWithoutLabelsHaveNoTargets)
{
    TokenizedDataset dataset = rowsOf(3);
    Batch batch;
    EvaluationLoader(dataset, TaskType::MultiLabelClassification, 100, 1).load(0, batch);
    EXPECT_TRUE(batch.targets.empty());
    dataset.labelNames = {"a", "b"};
    EvaluationLoader(dataset, TaskType::MultiLabelClassification, 100, 1).load(0, batch);
    EXPECT_EQ(batch.targets.size(), 6u);
    EXPECT_EQ(batch.labelledItems(), 0u);
}

TEST(LabelledShare, IsWhatTheCollatorLabels)
{
    TokenizedDataset causal;
    causal.examples.resize(2);
    causal.examples[0].inputIds = {1, 2, 3, 4};
    causal.examples[0].tokenLabels = {ignoredLabel, ignoredLabel, 3, 4};
    causal.examples[1].inputIds = {5, 6, 7};
    causal.examples[1].tokenLabels = {5, 6, 7};
    Batch batch;
    Collator(causal, TaskType::CausalLm, 1).pack(std::vector<std::uint32_t>{0, 1}, 0, batch);
    EXPECT_DOUBLE_EQ(labelledShare(causal, TaskType::CausalLm),
                     static_cast<double>(batch.labelledItems()) / static_cast<double>(batch.tokens()));
    EXPECT_EQ(labelledShare(causal, TaskType::SequenceClassification), 0);

    TokenizedDataset masked;
    masked.masking = MaskingFacts{1, 50};
    masked.examples.resize(500);
    std::vector<std::uint32_t> rows;
    for (TokenizedExample& example : masked.examples) {
        example.inputIds.assign(2 + rows.size() % 9, 7);
        example.isSpecial.assign(example.inputIds.size(), false);
        example.isSpecial.front() = true;
        rows.push_back(static_cast<std::uint32_t>(rows.size()));
    }
    double labelled = 0;
    constexpr int epochs = 40;
    for (int epoch = 0; epoch < epochs; ++epoch) {
        Collator(masked, TaskType::MaskedLm, 1).pack(rows, epoch, batch);
        labelled += static_cast<double>(batch.labelledItems()) / static_cast<double>(batch.tokens());
    }
    EXPECT_NEAR(labelledShare(masked, TaskType::MaskedLm), labelled / epochs, 0.003);
}

} // namespace
} // namespace lora
