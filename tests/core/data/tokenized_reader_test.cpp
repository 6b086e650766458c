#include "core/data/tokenized_reader.h"

#include "core/base/error.h"
#include "core/data/batch.h"

#include <gtest/gtest.h>

namespace lora {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr TokenizedReadOptions classification{TaskType::SequenceClassification, std::nullopt, true};
constexpr TokenizedReadOptions masked{TaskType::MaskedLm, std::nullopt, true};

std::string errorOf(const std::string& text, const TokenizedReadOptions& options = classification)
{
    try {
        parseTokenized(text, "a.jsonl", options);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::BadInput);
        EXPECT_FALSE(error.hint().empty());
        return error.what();
    }
    ADD_FAILURE() << "no error for " << text;
    return {};
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

TEST(TokenizedReader, ClassificationRowsAreRead)
{
    const TokenizedDataset dataset =
        parseTokenized("{\"input_ids\": [5, 6, 7], \"labels\": 2}\n{\"input_ids\": [8], \"token_type_ids\": "
                       "[1], \"label\": 0}\n",
                       "a.jsonl", classification);
    ASSERT_EQ(dataset.size(), 2u);
    EXPECT_EQ(dataset.examples[0].inputIds, (Ids{5, 6, 7}));
    EXPECT_EQ(dataset.examples[0].tokenTypeIds, (Ids{0, 0, 0}));
    EXPECT_EQ(dataset.examples[0].classLabel, 2);
    EXPECT_EQ(dataset.examples[1].tokenTypeIds, (Ids{1}));
    EXPECT_EQ(dataset.examples[1].line, 2u);
    EXPECT_EQ(dataset.labelNames, (std::vector<std::string>{"0", "1", "2"}));
    EXPECT_EQ(dataset.hash.size(), 16u);
}

TEST(TokenizedReader, MaskedRowsCarryALabelForEachToken)
{
    const TokenizedDataset dataset =
        parseTokenized("{\"input_ids\": [5, 6], \"labels\": [-100, 9]}", "a.jsonl", masked);
    EXPECT_EQ(dataset.examples[0].tokenLabels, (Ids{ignoredLabel, 9}));
    EXPECT_TRUE(dataset.labelNames.empty());
}

TEST(TokenizedReader, PaddingIsDropped)
{
    const TokenizedDataset dataset = parseTokenized(
        "{\"input_ids\": [5, 6, 0], \"attention_mask\": [1, 1, 0], \"labels\": [-100, 9, -100]}", "a.jsonl",
        masked);
    EXPECT_EQ(dataset.examples[0].inputIds, (Ids{5, 6}));
    EXPECT_EQ(dataset.examples[0].tokenTypeIds, (Ids{0, 0}));
    EXPECT_EQ(dataset.examples[0].tokenLabels, (Ids{ignoredLabel, 9}));
}

TEST(TokenizedReader, FaultsNameLineFieldAndWhatWasFound)
{
    const std::string good = "{\"input_ids\": [1], \"labels\": 0}\n";
    EXPECT_TRUE(has(errorOf(good + "{\"labels\": 0}"), "line 2: no input_ids"));
    EXPECT_TRUE(has(errorOf(good + "{\"input_ids\": [], \"labels\": 0}"), "line 2: input_ids: zero tokens"));
    EXPECT_TRUE(has(errorOf(good + "{\"input_ids\": [1]}"), "line 2: no labels"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": [1.5], \"labels\": 0}"), "input_ids: expected whole numbers"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": [-1], \"labels\": 0}"), "found -1"));
    EXPECT_TRUE(
        has(errorOf("{\"input_ids\": [18446744073709551615], \"labels\": 0}"), "found 18446744073709551615"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": \"abc\", \"labels\": 0}"), "expected a list"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": [[1]], \"labels\": 0}"), "found [1]"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": [1], \"labels\": [0]}"), "expected one number"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": [1], \"labels\": \"x\"}"), "labels: expected whole numbers"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": [1], \"labels\": -1}"), "expected a class from 0"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": [1], \"labels\": 2000000000}"), "expected a class below"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": [1], \"token_type_ids\": [0, 0], \"labels\": 0}"),
                    "token_type_ids: expected 1 entries"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": [1], \"labels\": 3}", masked),
                    "expected a list with one label a token"));
    EXPECT_TRUE(
        has(errorOf("{\"input_ids\": [1], \"labels\": [3, 4]}", masked), "labels: expected 1 entries"));
    EXPECT_TRUE(has(errorOf("{\"input_ids\": [1], \"labels\": [-5]}", masked), "found -5"));
}

TEST(TokenizedReader, ALabelUnseenInTrainingIsRefused)
{
    EXPECT_TRUE(
        has(errorOf("{\"input_ids\": [1], \"labels\": 2}", {TaskType::SequenceClassification, 2, true}),
            "line 1: the label 2 is not in the training data; known labels: 0 to 1"));
}

TEST(TokenizedReader, PredictionNeedsNoLabels)
{
    const TokenizedDataset dataset =
        parseTokenized("{\"input_ids\": [1]}\n{\"input_ids\": [2], \"labels\": -100}", "a.jsonl",
                       {TaskType::SequenceClassification, 3, false});
    EXPECT_EQ(dataset.examples[0].classLabel, -1);
    EXPECT_EQ(dataset.examples[1].classLabel, -1);
    EXPECT_EQ(dataset.labelNames.size(), 3u);
}

TEST(TokenizedReader, RowsOfTokensAreToldFromRowsOfText)
{
    EXPECT_TRUE(holdsTokens("{\"input_ids\": [1]}", "a.jsonl"));
    EXPECT_TRUE(holdsTokens("[{\"input_ids\": [1]}]", "a.json"));
    EXPECT_FALSE(holdsTokens("{\"text\": \"input_ids\"}", "a.jsonl"));
    EXPECT_FALSE(holdsTokens("input_ids\tlabels\n1\t2\n", "a.tsv"));
}

TEST(TokenizedReader, RowsThatDoNotFitTheModelNameTheirLine)
{
    const TokenizedDataset dataset = parseTokenized("{\"input_ids\": [1], \"labels\": 0}\n{\"input_ids\": "
                                                    "[2, 99], \"token_type_ids\": [0, 2], \"labels\": 0}",
                                                    "a.jsonl", classification);
    const auto errorFor = [&](const InputLimits& limits) -> std::string {
        try {
            checkTokenIds(dataset, limits);
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    };
    EXPECT_EQ(errorFor({100, 2, 3}), "");
    EXPECT_EQ(errorFor({}), "");
    EXPECT_TRUE(has(errorFor({.vocabularySize = 99}),
                    "line 2: token id 99 does not fit the model, which takes 0 to 98"));
    EXPECT_TRUE(has(errorFor({.maxPositions = 1}), "line 2: 2 tokens, but the model has 1 positions"));
    EXPECT_TRUE(has(errorFor({.typeVocabularySize = 2}), "line 2: token type 2"));
}

} // namespace
} // namespace lora
