#include "core/train/evaluator.h"
#include "tests/support/tiny_models.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(Evaluator, LossAccuracyAndLogitsAreThoseOfSingleRows)
{
    const auto model = tinyModel<float>();
    TokenizedDataset dataset = learnableDataset(400);
    dataset.examples[7].classLabel = -1; // unlabelled: predicted, not counted
    double loss = 0;
    int right = 0;
    std::vector<std::vector<float>> logits;
    ModelPass<float> pass(*model);
    const Collator collator(dataset, TaskType::SequenceClassification, 1);
    Batch batch;
    for (std::uint32_t row = 0; row < dataset.size(); ++row) {
        collator.pack(std::span(&row, 1), Collator::evaluation, batch);
        loss += pass.evaluate(batch).sum;
        logits.emplace_back(pass.logits().data, pass.logits().data + 3);
        right += std::max_element(logits.back().begin(), logits.back().end()) - logits.back().begin() ==
                 dataset.examples[row].classLabel;
    }
    for (const int workers : {1, 3}) {
        WorkerPool pool(workers);
        Evaluator evaluator(*model, dataset, pool, 1);
        const auto result = evaluator.run(Evaluator::KeepLogits::Yes);
        ASSERT_TRUE(result);
        EXPECT_NEAR(result->metrics.at("loss"), loss / 399, 1e-5);
        EXPECT_DOUBLE_EQ(result->metrics.at("accuracy"), right / 399.0);
        ASSERT_EQ(result->logits.size(), dataset.size());
        for (std::size_t row = 0; row < dataset.size(); ++row)
            for (std::size_t label = 0; label < 3; ++label)
                ASSERT_NEAR(result->logits[row][label], logits[row][label], 2e-5);
        EXPECT_GE(result->predictions[7], 0);
    }
}

TEST(Evaluator, TheNumberOfWorkersDoesNotChangeABit)
{
    const auto model = tinyModel<float>();
    const TokenizedDataset dataset = learnableDataset(300);
    std::optional<EvaluationResult> first;
    for (const int workers : {1, 2, 4}) {
        WorkerPool pool(workers);
        const auto result = Evaluator(*model, dataset, pool, 1).run();
        if (first) {
            EXPECT_EQ(result->metrics, first->metrics);
            EXPECT_EQ(result->predictions, first->predictions);
        }
        first = result;
    }
}

TEST(Evaluator, WithoutLabelsThereAreNoMetrics)
{
    const auto model = tinyModel<float>();
    TokenizedDataset dataset = learnableDataset(20);
    for (TokenizedExample& example : dataset.examples)
        example.classLabel = -1;
    WorkerPool pool(2);
    const auto result = Evaluator(*model, dataset, pool, 1).run();
    ASSERT_TRUE(result);
    EXPECT_TRUE(result->metrics.empty());
    EXPECT_EQ(result->predictions.size(), 20u);
}

TEST(Evaluator, MaskedLmHasPerplexity)
{
    const auto model = tinyModel<float>({}, TaskType::MaskedLm, 0);
    TokenizedDataset dataset = learnableDataset(30);
    dataset.masking = MaskingFacts{4, 13};
    WorkerPool pool(2);
    const auto result = Evaluator(*model, dataset, pool, 1).run();
    ASSERT_TRUE(result);
    EXPECT_NEAR(result->metrics.at("perplexity"), std::exp(result->metrics.at("loss")), 1e-9);
    EXPECT_EQ(result->metrics, Evaluator(*model, dataset, pool, 1).run()->metrics);
}

TEST(Evaluator, StopsWhenAskedAndReportsProgress)
{
    const auto model = tinyModel<float>();
    const TokenizedDataset dataset = learnableDataset(2000);
    WorkerPool pool(1);
    TrainingControl control;
    Evaluator evaluator(*model, dataset, pool, 1);
    std::int64_t lastDone = 0;
    const auto result =
        evaluator.run(Evaluator::KeepLogits::No, &control, [&](std::int64_t done, std::int64_t total) {
            EXPECT_GT(done, lastDone);
            EXPECT_LT(done, total);
            lastDone = done;
            control.requestStop();
        });
    EXPECT_FALSE(result);
    EXPECT_GT(lastDone, 0);
}

} // namespace
} // namespace lora::test
