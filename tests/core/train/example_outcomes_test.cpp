#include "core/train/evaluator.h"
#include "core/train/outcome_metric.h"
#include "tests/support/tiny_models.h"

#include <gtest/gtest.h>

#include <numeric>

namespace lora::test {
namespace {

/// Rows of the task, a few without labels.
TokenizedDataset rowsOf(TaskType task)
{
    TokenizedDataset dataset = learnableDataset(90);
    dataset.hash = "0123456789abcdef";
    dataset.labelNames = {"label 0", "label 1", "label 2"};
    for (std::size_t row = 0; row < dataset.size(); ++row) {
        TokenizedExample& example = dataset.examples[row];
        const auto index = static_cast<std::int32_t>(row);
        example.row = static_cast<std::uint32_t>(row);
        const bool isLabelled = row % 7 != 3;
        if (task == TaskType::SequenceClassification && isLabelled)
            continue;
        example.classLabel = -1;
        if (!isLabelled && task != TaskType::MaskedLm)
            continue;
        if (task == TaskType::MultiLabelClassification)
            example.targets = {static_cast<float>(index % 2), static_cast<float>(index % 3 == 0), 0};
        if (task == TaskType::Regression)
            example.targets = {0.1f * static_cast<float>(index % 11)};
        if (task == TaskType::TokenClassification)
            for (const std::int32_t id : example.inputIds)
                example.tokenLabels.push_back(id % 4 == 3 ? ignoredLabel : id % 3);
        if (task == TaskType::CausalLm)
            example.tokenLabels = example.inputIds;
        if (task == TaskType::QuestionAnswering) {
            example.startPosition = 0;
            example.endPosition = index % static_cast<std::int32_t>(example.inputIds.size());
        }
    }
    if (task == TaskType::MaskedLm)
        dataset.masking = MaskingFacts{4, 13};
    return dataset;
}

std::unique_ptr<LanguageModel<float>> modelOf(TaskType task)
{
    TinyBert tiny;
    if (task == TaskType::CausalLm)
        tiny.family = "gpt2";
    const std::int64_t labels = isLanguageModelling(task)             ? 0
                                : task == TaskType::Regression        ? 1
                                : task == TaskType::QuestionAnswering ? 2
                                                                      : 3;
    return tinyModel<float>(tiny, task, labels);
}

EvaluationResult evaluated(TaskType task, const TokenizedDataset& rows, int workers)
{
    const auto model = modelOf(task);
    WorkerPool pool(workers);
    Evaluator evaluator(*model, rows, pool, 1);
    evaluator.keepOutcomes();
    return *evaluator.run();
}

TEST(ExampleOutcomes, EveryExampleOnceGivesTheEvaluationsMetricsInEveryTask)
{
    for (const TaskType task : allTasks()) {
        const TokenizedDataset rows = rowsOf(task);
        const EvaluationResult result = evaluated(task, rows, 2);
        ASSERT_FALSE(result.metrics.empty()) << toString(task);
        EXPECT_LT(result.outcomes.size(), task == TaskType::MaskedLm ? rows.size() + 1 : rows.size());
        int told = 0;
        for (const auto& [metric, value] : result.metrics) {
            if (!outcomeMetric(result.outcomes, metric)) {
                EXPECT_EQ(metric, "f1_macro");
                continue;
            }
            ++told;
            EXPECT_NEAR(metricOf(result.outcomes, metric), value, 1e-6 * std::max(1.0, std::abs(value)))
                << toString(task) << " " << metric;
        }
        EXPECT_GE(told, 2) << toString(task);
        EXPECT_EQ(evaluated(task, rows, 1).outcomes, result.outcomes) << "workers change nothing";
    }
}

TEST(ExampleOutcomes, DrawnExamplesCountAsOftenAsTheyAreDrawn)
{
    ExampleOutcomes outcomes;
    outcomes.classes = 2;
    outcomes.columns = {{"label", {1, 1, 0, 0}},
                        {"predicted", {1, 0, 0, 1}},
                        {"loss", {0.1, 2, 0.2, 3}},
                        {"items", {1, 1, 1, 1}}};
    const std::vector<std::uint32_t> drawn = {0, 0, 0, 1};
    EXPECT_DOUBLE_EQ(outcomeMetric(outcomes, "accuracy")(drawn), 0.75);
    EXPECT_DOUBLE_EQ(outcomeMetric(outcomes, "loss")(drawn), (0.3 + 2) / 4);
    // Three true positives and a false negative.
    EXPECT_DOUBLE_EQ(outcomeMetric(outcomes, "f1")(drawn), 6.0 / 7);
    EXPECT_FALSE(outcomeMetric(outcomes, "exact_match"));
}

TEST(ExampleOutcomes, TheHashTellsOtherRowsAndOtherLabels)
{
    const TaskType task = TaskType::SequenceClassification;
    const TokenizedDataset rows = rowsOf(task);
    const std::string hash = evaluated(task, rows, 1).outcomes.examplesHash;
    EXPECT_EQ(hash.size(), 16u);
    TokenizedDataset relabelled = rows;
    relabelled.examples[0].classLabel = (rows.examples[0].classLabel + 1) % 3;
    EXPECT_NE(evaluated(task, relabelled, 1).outcomes.examplesHash, hash);
    TokenizedDataset shorter = rows;
    shorter.examples.pop_back();
    EXPECT_NE(evaluated(task, shorter, 1).outcomes.examplesHash, hash);
    TokenizedDataset otherFile = rows;
    otherFile.hash = "fedcba9876543210";
    EXPECT_NE(evaluated(task, otherFile, 1).outcomes.examplesHash, hash);
    TokenizedDataset otherTokens = rows; // of another tokenizer: still the same texts
    otherTokens.examples[0].inputIds.back() = 1;
    EXPECT_EQ(evaluated(task, otherTokens, 1).outcomes.examplesHash, hash);
}

TEST(ExampleOutcomes, WindowsOfAQuestionAreOneExample)
{
    TokenizedDataset rows = rowsOf(TaskType::QuestionAnswering);
    rows.sources.resize(rows.size() / 2);
    for (std::size_t e = 0; e < rows.size(); ++e) {
        rows.examples[e].row = static_cast<std::uint32_t>(e / 2);
        rows.examples[e].startPosition = rows.examples[e].endPosition = 0;
        rows.examples[e].spans.assign(rows.examples[e].inputIds.size(), TextSpan{0, 4});
    }
    for (SourceRow& source : rows.sources) {
        source.text = "word";
        source.answers = {"word"};
    }
    const EvaluationResult result = evaluated(TaskType::QuestionAnswering, rows, 1);
    ASSERT_EQ(result.outcomes.size(), rows.sources.size());
    EXPECT_DOUBLE_EQ(result.outcomes.column("items")->front(), 2);
    EXPECT_NEAR(metricOf(result.outcomes, "f1"), result.metrics.at("f1"), 1e-12);
    EXPECT_NEAR(metricOf(result.outcomes, "loss"), result.metrics.at("loss"), 1e-6);
}

} // namespace
} // namespace lora::test
