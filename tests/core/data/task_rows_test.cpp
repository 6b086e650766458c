#include "core/base/error.h"
#include "core/data/cell_text.h"
#include "core/data/collator.h"
#include "core/data/dataset_reader.h"
#include "core/data/dataset_split.h"
#include "core/data/dataset_summary.h"
#include "core/data/table_tokenizer.h"
#include "core/data/tokenized_reader.h"
#include "tests/core/data/word_tokenizer.h"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

namespace lora {
namespace {

using test::WordTokenizer;
using Ids = std::vector<std::int32_t>;

TokenizedDataset rowsOf(const std::string& text, const std::string& name, TokenizeOptions options,
                        const Tokenizer& tokenizer = WordTokenizer())
{
    ReadOptions how;
    how.isTextOneRow = options.task == TaskType::CausalLm;
    const DataTable table = parseTable(text, name, how);
    return tokenizeTable(table, resolveColumns(table, {}, options.task), tokenizer, options);
}

TokenizeOptions of(TaskType task, int maxLength = 128)
{
    TokenizeOptions options;
    options.task = task;
    options.maxLength = maxLength;
    return options;
}

Batch packed(const TokenizedDataset& dataset, TaskType task)
{
    std::vector<std::uint32_t> rows(dataset.size());
    std::iota(rows.begin(), rows.end(), 0u);
    Batch batch;
    Collator(dataset, task, 1).pack(rows, Collator::evaluation, batch);
    return batch;
}

std::string messageOf(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST(MultiLabelRows, AreFlagsInTheOrderOfTheNames)
{
    const TokenizedDataset lists =
        rowsOf("text,labels\none two,b|a\nthree,\nfour,c\n", "x.csv", of(TaskType::MultiLabelClassification));
    EXPECT_EQ(lists.labelNames, (std::vector<std::string>{"a", "b", "c"}));
    EXPECT_EQ(lists.examples[0].targets, (std::vector<float>{1, 1, 0}));
    EXPECT_EQ(lists.examples[1].targets, (std::vector<float>{0, 0, 0}));
    const TokenizedDataset flags = rowsOf("text,toxic,insult\nyou there,1,0\nhello you,0,0\n", "x.csv",
                                          of(TaskType::MultiLabelClassification));
    EXPECT_EQ(flags.labelNames, (std::vector<std::string>{"toxic", "insult"}));
    const Batch batch = packed(flags, TaskType::MultiLabelClassification);
    EXPECT_EQ(batch.targetsPerSequence, 2);
    EXPECT_EQ(batch.targets, (std::vector<float>{1, 0, 0, 0}));
}

TEST(RegressionRows, HaveOneNumberAndNamedLinesWhereTheyHaveNone)
{
    const TokenizedDataset rows = rowsOf("text,score\na b,2.5\nc,-1\n", "x.csv", of(TaskType::Regression));
    EXPECT_EQ(packed(rows, TaskType::Regression).targets, (std::vector<float>{2.5f, -1}));
    EXPECT_NE(messageOf([] {
                  rowsOf("text,score\na,1\nb,high\n", "x.csv", of(TaskType::Regression));
              }).find("x.csv, line 3: column \"score\" holds \"high\"; expected a number"),
              std::string::npos);
    TokenizeOptions prediction = of(TaskType::Regression);
    prediction.areLabelsRequired = false;
    EXPECT_TRUE(
        std::isnan(packed(rowsOf("text\na b\n", "x.csv", prediction), TaskType::Regression).targets[0]));
}

TEST(RegressionRows, BeyondWhatSinglePrecisionHoldsAreNamedBeforeTraining)
{
    EXPECT_TRUE(isNumber("-1.5e30"));
    for (const char* cell : {"1e39", "-1e400", "nan", "inf", "0x10", ""})
        EXPECT_FALSE(isNumber(cell)) << cell;
}

TEST(WordRows, CarryTheirTagOnTheFirstToken)
{
    const TokenizedDataset rows =
        rowsOf("Ada B-PER\nsaw O\nBonn B-LOC\n\nHi O\n", "x.conll", of(TaskType::TokenClassification));
    // Rare types get both their tags, "O" is first.
    EXPECT_EQ(rows.labelNames, (std::vector<std::string>{"O", "B-LOC", "B-PER", "I-LOC", "I-PER"}));
    EXPECT_EQ(rows.examples[0].tokenLabels, (Ids{-100, 2, 0, 1, -100}));
    EXPECT_EQ(rows.examples[0].words, (Ids{-1, 0, 1, 2, -1}));
    EXPECT_EQ(rows.sources[0].text, "Ada saw Bonn");
    // Not shifted: what each row predicts is its own tag.
    EXPECT_EQ(packed(rows, TaskType::TokenClassification).tokenLabels,
              (Ids{-100, 2, 0, 1, -100, -100, 0, -100}));
}

TEST(WordRows, WithoutAsManyTagsAsWordsAreRefusedWithTheirLine)
{
    const std::string text = R"({"tokens": ["a", "b"], "ner_tags": ["O"]})";
    EXPECT_NE(messageOf([&] {
                  rowsOf(text, "x.jsonl", of(TaskType::TokenClassification));
              }).find("x.jsonl, line 1: 2 words, but 1 tags"),
              std::string::npos);
    const DataTable table = parseTable(text, "x.jsonl");
    const auto summary = summarize(table, resolveColumns(table, {}, TaskType::TokenClassification), nullptr,
                                   0, TaskType::TokenClassification);
    ASSERT_EQ(summary.problems.size(), 1u);
    EXPECT_EQ(summary.problems[0], (DataProblem{1, "2 words, but 1 tags"}));
}

TEST(WordRows, TypedTextsHavePunctuationOfTheirOwn)
{
    TokenizeOptions options = of(TaskType::TokenClassification);
    options.areLabelsRequired = false;
    options.splitsPunctuation = true;
    DataTable table = parseTable("{\"text\": \"(Bonn), don't!\"}", "x.jsonl");
    const TokenizedDataset rows = tokenizeTable(table, {}, WordTokenizer(), options);
    std::vector<std::string> words;
    for (const TextSpan& word : rows.sources[0].words)
        words.push_back(rows.sources[0].text.substr(word.begin, word.end - word.begin));
    EXPECT_EQ(words, (std::vector<std::string>{"(", "Bonn", ")", ",", "don't", "!"}));
}

TEST(QuestionRows, PointToTheAnswerInEveryWindowThatHoldsAllOfIt)
{
    TokenizeOptions options = of(TaskType::QuestionAnswering, 9);
    options.docStride = 2;
    // [CLS] who ? [SEP] + 4 words + [SEP]; the answer "ä e" begins at character 8.
    const TokenizedDataset rows = rowsOf(
        R"({"question": "who ?", "context": "a b c d ä e f g", "answers": {"text": ["ä e"], "answer_start": [8]}})",
        "x.jsonl", options);
    ASSERT_EQ(rows.size(), 3u); // a b c d | c d ä e | ä e f g
    EXPECT_EQ(rows.examples[0].startPosition, 0);
    EXPECT_EQ(rows.examples[1].startPosition, 6);
    EXPECT_EQ(rows.examples[1].endPosition, 7);
    EXPECT_EQ(rows.examples[2].startPosition, 4);
    EXPECT_EQ(rows.examples[2].endPosition, 5);
    EXPECT_EQ(rows.examples[1].spans[2], (TextSpan{0, 0})); // a token of the question
    EXPECT_EQ(rows.sources.size(), 1u);
    EXPECT_EQ(packed(rows, TaskType::QuestionAnswering).startPositions, (Ids{0, 6, 4}));
}

TEST(QuestionRows, WithoutAnAnswerPointToTheFirstTokenAndLostAnswersAreLeftOut)
{
    const TokenizedDataset rows =
        rowsOf("question,context,answers\nwho,it was Ada,Ada\nwhy,nobody knows,\nwhere,here "
               "and there,nowhere\n",
               "x.csv", of(TaskType::QuestionAnswering));
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_EQ(rows.examples[1].startPosition, 0);
    EXPECT_TRUE(rows.sources[1].answers.empty());
    ASSERT_EQ(rows.notices.size(), 1u);
    EXPECT_NE(rows.notices[0].find("line 4"), std::string::npos);
}

TEST(QuestionRows, WindowsOfAQuestionStayOnOneSideOfASplit)
{
    std::string text;
    for (int i = 0; i < 20; ++i)
        text += R"({"question": "q)" + std::to_string(i) +
                R"(", "context": "a b c d e f g h i j", "answers": "c"})"
                "\n";
    TokenizeOptions options = of(TaskType::QuestionAnswering, 9);
    const TokenizedDataset rows = rowsOf(text, "x.jsonl", options);
    const RowSplit split = splitRows(rows, 0.3, 7);
    for (const std::uint32_t a : split.train) {
        for (const std::uint32_t b : split.eval)
            EXPECT_NE(rows.examples[a].row, rows.examples[b].row);
    }
    EXPECT_FALSE(split.eval.empty());
}

TEST(DocumentRows, AreCutIntoBlocksThatEndOnceAndPredictTheNextToken)
{
    WordTokenizer tokenizer;
    tokenizer.end = 99;
    const TokenizedDataset rows = rowsOf("a b\nc d e", "x.txt", of(TaskType::CausalLm, 4), tokenizer);
    ASSERT_EQ(rows.size(), 2u); // [CLS] a b c | d e [SEP] end
    EXPECT_EQ(rows.examples[0].inputIds.size(), 4u);
    EXPECT_EQ(rows.examples[1].inputIds.back(), 99);
    const Batch batch = packed(rows, TaskType::CausalLm);
    const Ids& ids = batch.inputIds;
    EXPECT_EQ(batch.tokenLabels, (Ids{ids[1], ids[2], ids[3], -100, ids[5], ids[6], ids[7], -100}));
    EXPECT_EQ(batch.labelledItems(), 6u);
}

TEST(PromptRows, LearnTheCompletionAndItsEndOnly)
{
    WordTokenizer tokenizer(true);
    tokenizer.end = 0; // the padding token too: the end is a target all the same
    const TokenizedDataset rows = rowsOf(R"({"prompt": "two and two is ", "completion": "four ."})",
                                         "x.jsonl", of(TaskType::CausalLm), tokenizer);
    const Ids& ids = rows.examples[0].inputIds; // [CLS] two and two is four . [SEP] end
    EXPECT_EQ(rows.examples[0].tokenLabels, (Ids{-100, -100, -100, -100, -100, ids[5], ids[6], -100, 0}));
    TokenizeOptions all = of(TaskType::CausalLm);
    all.trainOnPrompt = true;
    EXPECT_EQ(rowsOf(R"({"prompt": "a ", "completion": "b"})", "x.jsonl", all, tokenizer)
                  .examples[0]
                  .tokenLabels.size(),
              5u);
    const TokenizedDataset lost = rowsOf("{\"prompt\": \"a b c d e \", \"completion\": \"f\"}\n"
                                         "{\"prompt\": \"a \", \"completion\": \"b\"}",
                                         "x.jsonl", of(TaskType::CausalLm, 5), tokenizer);
    EXPECT_EQ(lost.size(), 1u);
    ASSERT_EQ(lost.notices.size(), 1u);
    EXPECT_NE(lost.notices[0].find("line 1"), std::string::npos);
}

TEST(MaskedRows, LongTextsBecomeBlocksBetweenSpecialTokens)
{
    const TokenizedDataset rows = rowsOf("{\"text\": \"a b c d e\"}", "x.jsonl", of(TaskType::MaskedLm, 4));
    ASSERT_EQ(rows.size(), 3u);
    for (const TokenizedExample& example : rows.examples) {
        EXPECT_EQ(example.inputIds.front(), 1);
        EXPECT_EQ(example.inputIds.back(), 2);
        EXPECT_TRUE(example.isSpecial.front());
        EXPECT_FALSE(example.isSpecial[1]);
    }
}

TEST(TokenisedRows, AreReadForEveryTask)
{
    const auto read = [](const std::string& text, TaskType task) {
        return parseTokenized(text, "x.jsonl", {task, std::nullopt, true});
    };
    EXPECT_EQ(read(R"({"input_ids": [1, 2], "labels": 0.5})", TaskType::Regression).examples[0].targets,
              (std::vector<float>{0.5f}));
    const TokenizedDataset several =
        read(R"({"input_ids": [1, 2], "labels": [1, 0, 1.0]})", TaskType::MultiLabelClassification);
    EXPECT_EQ(several.labelNames.size(), 3u);
    EXPECT_EQ(several.examples[0].targets, (std::vector<float>{1, 0, 1}));
    EXPECT_EQ(read(R"({"input_ids": [1, 2, 3], "labels": [-100, 4, 0]})", TaskType::TokenClassification)
                  .labelNames.size(),
              5u);
    const TokenizedDataset question = read(
        R"({"input_ids": [0, 0, 5, 6, 7], "attention_mask": [0, 0, 1, 1, 1], "start_positions": 3, "end_positions": [4]})",
        TaskType::QuestionAnswering);
    EXPECT_EQ(question.examples[0].startPosition, 1);
    EXPECT_EQ(question.examples[0].endPosition, 2);
    EXPECT_EQ(read(R"({"input_ids": [5, 6]})", TaskType::CausalLm).examples[0].tokenLabels, (Ids{5, 6}));
}

TEST(TokenisedRows, OfTheWrongFormAreNamedWithTheirLine)
{
    const auto message = [](const std::string& text, TaskType task) {
        return messageOf([&] { parseTokenized(text, "x.jsonl", {task, std::nullopt, true}); });
    };
    EXPECT_NE(message(R"({"input_ids": [1], "labels": [1, 2]})", TaskType::Regression).find("line 1"),
              std::string::npos);
    EXPECT_NE(message("{\"input_ids\": [1], \"labels\": [1, 0]}\n{\"input_ids\": [1], \"labels\": [1]}",
                      TaskType::MultiLabelClassification)
                  .find("line 2: labels: expected 2 entries, found 1"),
              std::string::npos);
    EXPECT_NE(message(R"({"input_ids": [1, 2], "start_positions": 0, "end_positions": 2})",
                      TaskType::QuestionAnswering)
                  .find("end_positions: expected a token from 0 to 1, found 2"),
              std::string::npos);
    EXPECT_NE(message(R"({"input_ids": [1, 2], "labels": 1})", TaskType::TokenClassification)
                  .find("a list with one label a token for token-classification"),
              std::string::npos);
}

TEST(PredictionRows, OfLanguageModelsHaveNoLabelsAtAll)
{
    TokenizeOptions options = of(TaskType::MaskedLm);
    options.areLabelsRequired = false;
    const TokenizedDataset rows = rowsOf("{\"text\": \"a b\"}", "x.jsonl", options);
    EXPECT_TRUE(packed(rows, TaskType::MaskedLm).tokenLabels.empty());
}

} // namespace lora
