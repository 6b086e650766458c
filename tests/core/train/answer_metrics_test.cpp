#include "core/train/answer_metrics.h"
#include "core/train/answer_search.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(SquadAnswer, IsComparedWithoutCaseArticlesPunctuationAndSpaces)
{
    EXPECT_EQ(normalizedAnswer("The  Denver Broncos!"), "denver broncos");
    EXPECT_EQ(normalizedAnswer("an apple, a pear"), "apple pear");
    EXPECT_EQ(normalizedAnswer("Theatre of Athens"), "theatre of athens");
    EXPECT_EQ(normalizedAnswer("U.S. ÄRA"), "us ära");
    EXPECT_EQ(normalizedAnswer("the"), "");
}

TEST(SquadAnswer, ExactMatchTakesTheBestGoldAnswer)
{
    EXPECT_EQ(exactMatch("the Broncos", {"Denver Broncos", "Broncos"}), 1);
    EXPECT_EQ(exactMatch("Broncos win", {"Broncos"}), 0);
    EXPECT_EQ(exactMatch("", {}), 1);
    EXPECT_EQ(exactMatch("something", {}), 0);
}

TEST(SquadAnswer, F1CountsSharedWords)
{
    // 2 words shared of 3 predicted and 2 gold.
    EXPECT_DOUBLE_EQ(answerF1("Denver Broncos won", {"the Denver Broncos"}), 2.0 * 2 / 5);
    EXPECT_DOUBLE_EQ(answerF1("no no", {"no"}), 2.0 / 3);
    EXPECT_DOUBLE_EQ(answerF1("x", {"y", "x z"}), 2.0 / 3);
    EXPECT_EQ(answerF1("x", {"y"}), 0);
}

TokenizedExample window(std::vector<TextSpan> spans, std::uint32_t row = 0)
{
    TokenizedExample example;
    example.inputIds.assign(spans.size(), 1);
    example.spans = std::move(spans);
    example.row = row;
    return example;
}

TEST(AnswerSearch, FindsTheBestSpanInsideThePassageOnly)
{
    // Tokens 0 and 1 are special and question; the best start alone is token 1, the best end lies before the
    // best start.
    const TokenizedExample example = window({{}, {}, {0, 3}, {4, 7}, {8, 12}});
    std::vector<float> logits{0, 0, 9, 9, 1, 5, 4, 1, 2, 3};
    const WindowAnswer answer = bestAnswer(example, {logits.data(), 5, 2, 2});
    EXPECT_EQ(answer.first, 3);
    EXPECT_EQ(answer.last, 4);
    EXPECT_DOUBLE_EQ(answer.score, 7);
    EXPECT_DOUBLE_EQ(answer.nullScore, 0);
    const double starts = std::exp(0.0) + std::exp(1.0) + std::exp(4.0) + std::exp(2.0);
    const double ends = std::exp(0.0) + std::exp(5.0) + std::exp(1.0) + std::exp(3.0);
    EXPECT_NEAR(answer.probability, std::exp(4.0) / starts * std::exp(3.0) / ends, 1e-9);
}

TEST(AnswerSearch, AnAnswerHasAtMost30Tokens)
{
    std::vector<TextSpan> spans;
    for (std::uint32_t t = 0; t < 40; ++t)
        spans.push_back({2 * t, 2 * t + 1});
    std::vector<float> logits(80, 0);
    logits[0] = 5;          // start at 0
    logits[2 * 30 + 1] = 5; // end at 30: 31 tokens
    logits[2 * 29 + 1] = 4; // end at 29: 30 tokens
    const WindowAnswer answer = bestAnswer(window(spans), {logits.data(), 40, 2, 2});
    EXPECT_EQ(answer.first, 0);
    EXPECT_EQ(answer.last, 29);
}

TEST(AnswerSearch, ARowsAnswerIsTheBestOfItsWindows)
{
    TokenizedDataset dataset;
    dataset.sources.resize(1);
    dataset.sources[0].text = "aaa bbb ccc";
    dataset.examples = {window({{}, {0, 3}, {4, 7}}), window({{}, {4, 7}, {8, 11}})};
    WindowAnswer weak{1, 1, 2, 0.2, 5, 0.5};
    WindowAnswer strong{2, 2, 3, 0.3, 4, 0.4};
    const auto answers = rowAnswers(dataset, {weak, strong}, false);
    ASSERT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers[0].span, (TextSpan{8, 11}));
    EXPECT_EQ(answers[0].example, 1u);
    const auto none = rowAnswers(dataset, {weak, strong}, true);
    EXPECT_TRUE(none[0].isNone);
    EXPECT_EQ(none[0].span, (TextSpan{0, 0}));
    strong.score = 4.5; // beats the smallest null score of all windows
    EXPECT_FALSE(rowAnswers(dataset, {weak, strong}, true)[0].isNone);
}

} // namespace
} // namespace lora::test
