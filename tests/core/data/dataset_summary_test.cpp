#include "core/data/dataset_summary.h"

#include "core/data/dataset_reader.h"
#include "core/data/task_lint.h"
#include "core/data/tokenized_reader.h"
#include "tests/core/data/word_tokenizer.h"
#include "tests/support/assets.h"

#include <gtest/gtest.h>

namespace lora {
namespace {

constexpr TaskType classification = TaskType::SequenceClassification;

struct Case
{
    DataTable table;
    ResolvedColumns columns;
};

Case read(const std::string& text)
{
    Case result;
    result.table = parseTable(text, "a.tsv");
    result.columns = resolveColumns(result.table, {}, classification);
    return result;
}

DatasetSummary summaryOf(const std::string& text, const Tokenizer* tokenizer = nullptr, int maxLength = 128)
{
    const Case data = read(text);
    return summarize(data.table, data.columns, tokenizer, maxLength);
}

std::string textAt(const std::vector<DataProblem>& problems, std::uint32_t line)
{
    std::string text;
    for (const DataProblem& problem : problems) {
        if (problem.line == line)
            text += problem.text + "|";
    }
    return text;
}

TEST(DatasetSummary, CountsRowsLabelsAndColumns)
{
    const DatasetSummary summary = summaryOf("text\tlabel\na\tx\nb\ty\nc\tx\n");
    EXPECT_EQ(summary.rows, 3);
    EXPECT_EQ(summary.columns, (std::vector<std::string>{"text", "label"}));
    EXPECT_EQ(summary.mapping.text, "text");
    EXPECT_EQ(summary.labelCounts, (std::vector<std::pair<std::string, std::int64_t>>{{"x", 2}, {"y", 1}}));
    EXPECT_TRUE(summary.problems.empty());
    EXPECT_FALSE(summary.tokenLengths);
}

TEST(DatasetSummary, LengthsAreNearestRanksBeforeCutting)
{
    const TokenLengths lengths = lengthsSummary({5, 1, 9, 3, 7});
    EXPECT_EQ(lengths.min, 1);
    EXPECT_EQ(lengths.median, 5);
    EXPECT_EQ(lengths.p95, 9);
    EXPECT_EQ(lengths.max, 9);
    const test::WordTokenizer tokenizer;
    const DatasetSummary summary = summaryOf("text\tlabel\na\t0\na b c d\t1\n", &tokenizer, 4);
    EXPECT_EQ(summary.tokenLengths->max, 6);
    EXPECT_EQ(summary.truncatedShare, 0.5);
    EXPECT_NE(textAt(summary.problems, 0).find("50.0 % of the rows are longer than 4 tokens"),
              std::string::npos);
}

TEST(DatasetSummary, ProblemsNameTheirLines)
{
    const DatasetSummary summary =
        summaryOf("text\tlabel\nsame\tx\nother\ty\nsame\tx\nsame\ty\n\ty\nlast\t\n");
    EXPECT_EQ(textAt(summary.problems, 4), "the same text as line 2|");
    EXPECT_EQ(textAt(summary.problems, 5), "the same text as line 2, but labelled \"y\" instead of \"x\"|");
    EXPECT_EQ(textAt(summary.problems, 6), "the text is empty|");
    EXPECT_EQ(textAt(summary.problems, 7), "the label is missing|");
    EXPECT_TRUE(std::ranges::is_sorted(summary.problems, {}, &DataProblem::line));
}

TEST(DatasetSummary, AnAnswerWithoutTextIsTold)
{
    DataTable table;
    table.source = "x.json";
    table.columns = {"question", "context", "answers"};
    table.rows = {{"who", "it was Ada", R"([{"text": "", "answer_start": 0}])"}};
    table.lines = {1};
    const ResolvedColumns columns = resolveColumns(table, {}, TaskType::QuestionAnswering);
    std::vector<DataProblem> problems;
    lintLabels(table, columns, TaskType::QuestionAnswering, problems);
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_EQ(problems[0].text, "the answer is empty");
}

TEST(DatasetSummary, ImbalanceAndASingleLabelAreTold)
{
    std::string text = "text\tlabel\nrare\ty\n";
    for (int i = 0; i < 12; ++i)
        text += "t" + std::to_string(i) + "\tx\n";
    EXPECT_NE(textAt(summaryOf(text).problems, 0).find("imbalanced: 12 rows of \"x\", 1 of \"y\""),
              std::string::npos);
    EXPECT_NE(textAt(summaryOf("text\tlabel\na\tx\nb\tx\n").problems, 0).find("all rows have the label"),
              std::string::npos);
}

TEST(DatasetSummary, CountlessProblemsAreCut)
{
    std::string text = "text\tlabel\n";
    for (int i = 0; i < 3000; ++i)
        text += "same\t" + std::to_string(i % 2) + "\n";
    const DatasetSummary summary = summaryOf(text);
    EXPECT_EQ(summary.problems.size(), 1001u);
    EXPECT_EQ(summary.problems[0].text, "1999 more problems are not listed");
}

TEST(DatasetSummary, EvaluationIsHeldBesideTraining)
{
    const Case train = read("text\tlabel\na\tx\nb\ty\n");
    const Case eval = read("text\tlabel\nc\tx\nb \ty\nd\tz\n");
    const auto problems = lintAgainstTraining(train.table, train.columns, eval.table, eval.columns);
    EXPECT_EQ(problems, (std::vector<DataProblem>{{3, "the same text as line 3 of the training data"},
                                                  {4, "the label \"z\" is not in the training data"}}));
}

TEST(DatasetSummary, TokenRowsAreCountedToo)
{
    const DatasetSummary summary = summarize(parseTokenized(
        "{\"input_ids\": [1, 2], \"labels\": 1}\n{\"input_ids\": [1], \"labels\": 0}", "a.jsonl", {}));
    EXPECT_EQ(summary.rows, 2);
    EXPECT_EQ(summary.tokenLengths->max, 2);
    EXPECT_EQ(summary.labelCounts[1], (std::pair<std::string, std::int64_t>{"1", 1}));
}

TEST(DatasetSummary, RealDataSetsAreSummarised)
{
    SKIP_WITHOUT_ASSETS();
    const auto data = test::assetsFolder() / "assets/datasets";
    const DatasetSummary sst2 =
        summarizeFile((data / "sst2/train_5k.tsv").string(), {}, classification, nullptr, 128);
    EXPECT_EQ(sst2.rows, 5000);
    EXPECT_EQ(sst2.mapping.text, "sentence");
    ASSERT_EQ(sst2.labelCounts.size(), 2u);
    EXPECT_EQ(sst2.labelCounts[0].second + sst2.labelCounts[1].second, 5000);
    const DatasetSummary news =
        summarizeFile((data / "ag_news/dev_1k.csv").string(), {}, classification, nullptr, 128);
    EXPECT_EQ(news.rows, 1000);
    EXPECT_EQ(news.labelCounts.size(), 4u);
    EXPECT_EQ(news.labelCounts[0].first, "Business");
}

} // namespace
} // namespace lora
