#include "core/data/column_mapping.h"

#include "core/base/error.h"
#include "core/data/dataset_reader.h"

#include <gtest/gtest.h>

namespace lora {
namespace {

ColumnMapping mapped(const std::string& text, const ColumnMapping& chosen = {},
                     TaskType task = TaskType::SequenceClassification)
{
    const DataTable table = parseTable(text, "a.tsv", {{}, 0, chosenNames(chosen)});
    return namesOf(resolveColumns(table, chosen, task), table);
}

ColumnMapping names(const char* text, std::optional<std::string> pair, std::optional<std::string> label)
{
    return {text, std::move(pair), std::move(label)};
}

TEST(ColumnMapping, CommonNamesAreKnown)
{
    EXPECT_EQ(mapped("sentence\tlabel\na b c\t1\n"), names("sentence", {}, "label"));
    EXPECT_EQ(mapped("id\tSentiment\tReview\n1\tpos\tvery good\n"), names("Review", {}, "Sentiment"));
    EXPECT_EQ(mapped("category\tmessage\tdate\nx\thello\tmonday\n"), names("message", {}, "category"));
}

TEST(ColumnMapping, PairsAreFoundByTheirNames)
{
    EXPECT_EQ(mapped("sentence1\tsentence2\tlabel\na\tb\t1\n"), names("sentence1", "sentence2", "label"));
    EXPECT_EQ(mapped("premise\thypothesis\tlabel\na\tb\t1\n"), names("premise", "hypothesis", "label"));
    EXPECT_EQ(mapped("idx\tquestion1\tquestion2\tlabel\n0\ta\tb\t1\n"),
              names("question1", "question2", "label"));
}

TEST(ColumnMapping, AChosenTextIsNotMadeAPair)
{
    EXPECT_EQ(mapped("sentence1\tsentence2\tlabel\na\tb\t1\n", {"sentence2", {}, {}}),
              names("sentence2", {}, "label"));
}

TEST(ColumnMapping, TheUsersChoiceWins)
{
    EXPECT_EQ(mapped("text\ttitle\tlabel\tclass\na\tb\t1\tx\n", {"title", "text", "class"}),
              names("title", "text", "class"));
}

TEST(ColumnMapping, WithoutKnownNamesContentDecides)
{
    EXPECT_EQ(mapped("1\ta long text here\n0\tanother long text\n1\tthe third text\n0\tand a fourth\n"),
              names("1", {}, "0"));
    EXPECT_EQ(
        mapped("gj04\t1\t\tThey drank the pub dry.\nks08\t0\t*\tHe drank the pub.\ngj04\t1\t\tBill floated.\n"
               "cj99\t0\t*\tBill talked dry.\n"),
        names("3", {}, "1"));
}

TEST(ColumnMapping, MaskedLanguageModellingHasNoLabel)
{
    EXPECT_EQ(mapped("sentence\tlabel\na b c\t1\n", {}, TaskType::MaskedLm), names("sentence", {}, {}));
    EXPECT_EQ(mapped("only text\nof one column. Yes.\n", {}, TaskType::MaskedLm).label, std::nullopt);
}

TEST(ColumnMapping, NoLikelyLabelLeavesTheRoleOpen)
{
    EXPECT_EQ(mapped("text\nsome text\nother text\n").label, std::nullopt);
    EXPECT_EQ(mapped("text\tid\na\t1x\nb\t2x\nc\t3x\nd\t4x\ne\t5x\n").label, std::nullopt);
}

TEST(ColumnMapping, AWrongColumnListsThoseThereAreAndTheNearest)
{
    try {
        mapped("sentence\tlabel\na b c\t1\n", {"sentense", {}, {}});
        ADD_FAILURE();
    } catch (const Error& error) {
        const std::string text = error.what();
        EXPECT_EQ(error.kind(), ErrorKind::BadInput);
        EXPECT_NE(text.find("no column \"sentense\""), std::string::npos) << text;
        EXPECT_NE(text.find("columns: sentence, label; did you mean \"sentence\"?"), std::string::npos)
            << text;
    }
}

} // namespace
} // namespace lora
