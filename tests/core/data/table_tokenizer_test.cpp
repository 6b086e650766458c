#include "core/data/table_tokenizer.h"

#include "core/base/error.h"
#include "core/data/dataset_reader.h"
#include "tests/core/data/word_tokenizer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace lora {
namespace {

using Ids = std::vector<std::int32_t>;
using Names = std::vector<std::string>;

TokenizedDataset tokenized(const std::string& text, const TokenizeOptions& options = {}, bool hasMask = true)
{
    const test::WordTokenizer tokenizer(hasMask);
    const DataTable table = parseTable(text, "a.tsv");
    return tokenizeTable(table, resolveColumns(table, {}, options.task), tokenizer, options);
}

std::string errorOf(const std::string& text, const TokenizeOptions& options = {}, bool hasMask = true,
                    ErrorKind kind = ErrorKind::BadInput)
{
    try {
        tokenized(text, options, hasMask);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), kind);
        EXPECT_FALSE(error.hint().empty());
        return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

/// Many rows of "w<row mod 7> x", the label on all but `unlabelled`.
std::string manyRows(std::size_t count, const std::vector<std::size_t>& unlabelled = {})
{
    std::string text = "text\tlabel\n";
    for (std::size_t row = 0; row < count; ++row)
        text += fmt::format("w{} x\t{}\n", row % 7,
                            std::ranges::find(unlabelled, row) == unlabelled.end() ? "good" : "worse");
    return text;
}

TEST(TableTokenizer, ManyRowsKeepTheirOrder)
{
    constexpr std::size_t count = 3000; // several threads' worth
    const test::WordTokenizer tokenizer;
    std::vector<std::int32_t> ids;
    for (int word = 0; word < 7; ++word)
        ids.push_back(tokenizer.know(fmt::format("w{}", word)));
    const std::int32_t last = tokenizer.know("x");
    const DataTable table = parseTable(manyRows(count), "a.tsv");
    const TokenizedDataset dataset = tokenizeTable(table, resolveColumns(table, {}, {}), tokenizer, {});
    ASSERT_EQ(dataset.size(), count);
    for (std::size_t row = 0; row < count; ++row) {
        EXPECT_EQ(dataset.examples[row].inputIds, (Ids{1, ids[row % 7], last, 2}));
        EXPECT_EQ(dataset.examples[row].row, row);
        EXPECT_EQ(dataset.examples[row].line, row + 2);
    }
}

TEST(TableTokenizer, OfManyRowsTheFirstBadOneIsNamed)
{
    TokenizeOptions options;
    options.knownLabels = Names{"good"};
    for (int round = 0; round < 5; ++round) {
        const std::string error = errorOf(manyRows(3000, {700, 701, 2500}), options);
        EXPECT_TRUE(has(error, "line 702")) << error;
    }
}

TEST(TableTokenizer, RowsBecomeIdsWithClassAndLine)
{
    const TokenizedDataset dataset = tokenized("text\tlabel\na b\tgood\nb\tbad\n");
    ASSERT_EQ(dataset.size(), 2u);
    EXPECT_EQ(dataset.examples[0].inputIds, (Ids{1, 4, 5, 2}));
    EXPECT_EQ(dataset.examples[1].inputIds, (Ids{1, 5, 2}));
    EXPECT_EQ(dataset.examples[0].tokenTypeIds, (Ids{0, 0, 0, 0}));
    EXPECT_EQ(dataset.examples[0].classLabel, 1);
    EXPECT_EQ(dataset.examples[1].classLabel, 0);
    EXPECT_EQ(dataset.examples[1].line, 3u);
    EXPECT_EQ(dataset.labelNames, (Names{"bad", "good"}));
    EXPECT_EQ(dataset.tokens(), 7);
    EXPECT_EQ(dataset.lengths(), (Ids{4, 3}));
    EXPECT_FALSE(dataset.masking);
}

TEST(TableTokenizer, PairsCarryTokenTypes)
{
    const TokenizedDataset dataset = tokenized("sentence1\tsentence2\tlabel\na b\tc\t0\nd\te\t1\n");
    EXPECT_EQ(dataset.examples[0].tokenTypeIds, (Ids{0, 0, 0, 0, 1, 1}));
}

TEST(TableTokenizer, LongRowsAreCutAndMarked)
{
    TokenizeOptions options;
    options.maxLength = 4;
    const TokenizedDataset dataset = tokenized("text\tlabel\na b c d\t0\na\t1\n", options);
    EXPECT_EQ(dataset.examples[0].inputIds.size(), 4u);
    EXPECT_TRUE(dataset.examples[0].isTruncated);
    EXPECT_EQ(dataset.truncatedCount(), 1u);
}

TEST(TableTokenizer, IntegerLabelsKeepNumericOrderAndOthersAreSorted)
{
    EXPECT_EQ(tokenized("text\tlabel\na\t10\nb\t9\nc\t-1\n").labelNames, (Names{"-1", "9", "10"}));
    EXPECT_EQ(tokenized("text\tlabel\na\t10\nb\t9\nc\tx\n").labelNames, (Names{"10", "9", "x"}));
    EXPECT_EQ(tokenized("text\tlabel\na\t x\nb\tx \nc\ty\n").labelNames, (Names{"x", "y"}));
}

TEST(TableTokenizer, EvaluationUsesTheLabelsOfTraining)
{
    TokenizeOptions options;
    options.knownLabels = Names{"a", "b", "c"};
    const TokenizedDataset dataset = tokenized("text\tlabel\nx\tc\ny\ta\n", options);
    EXPECT_EQ(dataset.labelNames, (Names{"a", "b", "c"}));
    EXPECT_EQ(dataset.examples[0].classLabel, 2);
}

TEST(TableTokenizer, ALabelUnseenInTrainingNamesLineLabelAndKnownLabels)
{
    TokenizeOptions options;
    options.knownLabels = Names{"good", "bad"};
    const std::string text = errorOf("text\tlabel\nx\tgood\ny\tgoood\n", options);
    EXPECT_TRUE(has(text, "a.tsv, line 3: the label \"goood\" is not in the training data")) << text;
    EXPECT_TRUE(has(text, "known labels: good, bad; did you mean \"good\"?")) << text;
}

TEST(TableTokenizer, TextsOfZeroTokensNameTheirLines)
{
    EXPECT_TRUE(has(errorOf("text\tlabel\nx\t0\n \t1\n\t0\n"), "has no tokens on line 3, 4"));
    std::string many = "text\tlabel\n";
    for (int i = 0; i < 9; ++i)
        many += "\t" + std::to_string(i % 2) + "\n";
    EXPECT_TRUE(has(errorOf(many), "on line 2, 3, 4, 5, 6 and 4 more"));
}

TEST(TableTokenizer, MissingLabelsAreAnErrorWhereTheyAreNeeded)
{
    EXPECT_TRUE(has(errorOf("text\tlabel\nx\t0\ny\t\n"), "no label in column \"label\" on line 3"));
    EXPECT_TRUE(has(errorOf("text\nx one\ny two\n"), "no column looks like labels; columns: text"));
    TokenizeOptions options;
    options.areLabelsRequired = false;
    EXPECT_EQ(tokenized("text\tlabel\nx\t0\ny\t\n", options).examples[1].classLabel, -1);
    options.knownLabels = Names{"p", "q"};
    EXPECT_EQ(tokenized("text\nx one\ny two\n", options).labelNames, (Names{"p", "q"}));
}

TEST(TableTokenizer, AMaxLengthWithoutRoomForTextIsRefused)
{
    TokenizeOptions options;
    options.maxLength = 2;
    EXPECT_TRUE(has(errorOf("text\tlabel\nx\t0\ny\t1\n", options, true, ErrorKind::BadUsage),
                    "data.max_length: 2 leaves no room"));
}

TEST(TableTokenizer, AColumnOfCountlessValuesHoldsNoClasses)
{
    std::string text = "text\tlabel\n";
    for (int i = 0; i < 1500; ++i)
        text += "t\t" + std::to_string(i) + "\n";
    EXPECT_TRUE(has(errorOf(text), "more than 1000 different labels"));
}

TEST(TableTokenizer, MaskedRowsKnowTheirSpecialTokens)
{
    TokenizeOptions options;
    options.task = TaskType::MaskedLm;
    const TokenizedDataset dataset = tokenized("text\nx y one\ny two\n", options);
    ASSERT_TRUE(dataset.masking);
    EXPECT_EQ(dataset.masking->maskId, 3);
    EXPECT_EQ(dataset.masking->vocabularySize, 1000);
    EXPECT_EQ(dataset.examples[0].isSpecial, (std::vector<bool>{true, false, false, false, true}));
    EXPECT_TRUE(dataset.labelNames.empty());
    EXPECT_TRUE(has(errorOf("text\nx y\n", options, false, ErrorKind::Unsupported), "needs a mask token"));
}

} // namespace
} // namespace lora
