#include "core/base/error.h"
#include "core/data/cell_list.h"
#include "core/data/chat_format.h"
#include "core/data/column_mapping.h"
#include "core/data/dataset_reader.h"
#include "tests/core/data/word_tokenizer.h"

#include <gtest/gtest.h>

namespace lora {
namespace {

using Words = std::vector<std::string>;
using test::WordTokenizer;

const char* const squad = R"({"version": "v2.0", "data": [
 {"title": "T", "paragraphs": [
  {"qas": [{"id": "1", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 4}], "is_impossible": false},
           {"id": "2", "question": "Why?", "answers": [], "is_impossible": true}],
   "context": "Hi, Ada."}]}]})";

std::string messageOf(const std::string& text, const std::string& name)
{
    try {
        parseTable(text, name);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

} // namespace

TEST(Squad, QuestionsAreRowsWhereverTheContextStands)
{
    const DataTable table = parseTable(squad, "x.json");
    EXPECT_EQ(table.format, DataFormat::Squad);
    ASSERT_EQ(table.rows.size(), 2u);
    EXPECT_EQ(table.columns, (Words{"id", "title", "question", "context", "answers"}));
    EXPECT_EQ(table.rows[0][2], "Who?");
    EXPECT_EQ(table.rows[0][3], "Hi, Ada.");
    EXPECT_EQ(table.rows[1][4], "[]");
    EXPECT_EQ(table.lines, (std::vector<std::uint32_t>{3, 4}));
    const ResolvedColumns columns = resolveColumns(table, {}, TaskType::QuestionAnswering);
    EXPECT_EQ(columns.text, 2u);
    EXPECT_EQ(columns.textPair, 3u);
    EXPECT_EQ(columns.label, 4u);
}

TEST(Squad, BrokenFilesAreNamedWithTheirLine)
{
    const std::string text = squad;
    EXPECT_NE(messageOf(text.substr(0, text.size() - 4), "x.json").find("x.json, line 5"), std::string::npos);
    EXPECT_NE(messageOf("{\"data\": [\n{\"paragraphs\": [\n{\"context\": \"c\"}]}]}", "x.json")
                  .find("x.json, line 3: a paragraph needs"),
              std::string::npos);
    EXPECT_NE(
        messageOf("{\"data\": [{\"paragraphs\": [{\"context\": \"c\",\n\"qas\": [{\"id\": 1}]}]}]}", "x.json")
            .find("line 2: a question without"),
        std::string::npos);
    std::string deep = R"({"data": [{"paragraphs": [{"context": )";
    deep += std::string(100000, '[');
    EXPECT_NE(messageOf(deep, "x.json").find("nests deeper"), std::string::npos);
}

TEST(Conll, SentencesBecomeListsOfWordsAndTags)
{
    const DataTable table =
        parseTable("-DOCSTART- -X- O O\n\nEU NNP B-ORG\nrejects VBZ O\n\n\nBonn NNP B-LOC\n", "x.txt");
    EXPECT_EQ(table.format, DataFormat::Conll);
    ASSERT_EQ(table.rows.size(), 2u);
    EXPECT_EQ(table.rows[0], (Words{R"(["EU","rejects"])", R"(["B-ORG","O"])"}));
    EXPECT_EQ(table.lines, (std::vector<std::uint32_t>{3, 7}));
}

TEST(Conll, ATableOfTabsWithOtherLabelsStaysATable)
{
    EXPECT_EQ(parseTable("good film\tpositive\nbad film\tnegative\n", "x.tsv").format, DataFormat::Tsv);
    EXPECT_EQ(parseTable("EU\tB-ORG\r\nrejects\tO\r\n\r\nBonn\tB-LOC\r\n", "x.tsv").format,
              DataFormat::Conll);
}

TEST(TabsNamedCsv, AreReadWithoutQuotingAndWithoutNotesBehindTheColumns)
{
    std::string text;
    for (int i = 0; i < 20; ++i)
        text += "a\tb\t4.5\t\"He said\tso.\n";
    const DataTable table = parseTable(text + "c\td\t1.0\tx\ty\textra\n", "sts.csv");
    EXPECT_EQ(table.format, DataFormat::Tsv);
    ASSERT_EQ(table.columns.size(), 5u);
    EXPECT_EQ(table.rows[0][3], "\"He said");
    EXPECT_EQ(table.rows[20].size(), 5u);
    ASSERT_EQ(table.problems.size(), 1u);
    EXPECT_EQ(table.problems[0].line, 21u);
}

TEST(JsonTexts, AreRowsOfTextAndInstancesRowsOfTheirOwn)
{
    EXPECT_EQ(parseTable(R"(["one", "two"])", "x.json").rows, (std::vector<Words>{{"one"}, {"two"}}));
    const DataTable table = parseTable(
        R"({"instruction": "i", "instances": [{"input": "a", "output": "b"}, {"input": "", "output": "c"}]})",
        "x.jsonl");
    EXPECT_EQ(table.columns, (Words{"instruction", "input", "output"}));
    EXPECT_EQ(table.rows[1], (Words{"i", "", "c"}));
    EXPECT_EQ(resolveColumns(table, {}, TaskType::CausalLm).form, RowForm::Instruction);
}

TEST(Cells, LabelsAreAJsonListOrSeparated)
{
    EXPECT_EQ(labelListOf(R"(["a", "b, c"])"), (Words{"a", "b, c"}));
    EXPECT_EQ(labelListOf("a| b |a"), (Words{"a", "b"}));
    EXPECT_EQ(labelListOf("a;b,c"), (Words{"a", "b,c"}));
    EXPECT_EQ(labelListOf("a, b"), (Words{"a", "b"}));
    EXPECT_EQ(labelListOf(" "), Words{});
}

TEST(Cells, AnswersComeInEveryUsualForm)
{
    const auto check = [](const char* cell, const char* start) {
        const std::vector<Answer> answers = answersOf(cell, start);
        ASSERT_EQ(answers.size(), 1u) << cell;
        EXPECT_EQ(answers[0].text, "Ada") << cell;
        EXPECT_EQ(answers[0].start, 4) << cell;
    };
    check(R"({"text": ["Ada"], "answer_start": [4]})", "");
    check(R"([{"text": "Ada", "answer_start": 4}])", "");
    check(R"({"text": "Ada", "answer_start": 4})", "");
    check("Ada", "4");
    EXPECT_TRUE(answersOf("", "").empty());
    EXPECT_THROW(answersOf(R"({"text": ["a"], "answer_start": [1, 2]})", ""), std::invalid_argument);
    EXPECT_THROW(answersOf("a", "-1"), std::invalid_argument);
}

TEST(ChatMessages, AreReadInBothUsualSpellings)
{
    const std::vector<ChatMessage> expected{{"user", "Hi"}, {"assistant", "Hello"}};
    EXPECT_EQ(messagesOf(R"([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])"),
              expected);
    EXPECT_EQ(messagesOf(R"([{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}])"),
              expected);
    EXPECT_THROW(messagesOf("[]"), std::invalid_argument);
    EXPECT_THROW(messagesOf(R"([{"role": "user"}])"), std::invalid_argument);
}

TEST(ChatFormat, IsRecognisedFromTheTemplate)
{
    WordTokenizer tokenizer;
    tokenizer.end = tokenizer.know("</s>");
    const std::vector<ChatMessage> chat{{"user", "Hi"}, {"assistant", "Yo"}};
    const auto rendered = [&](const char* jinja) {
        tokenizer.chat = jinja;
        return renderChat(chat, chatFormatOf(tokenizer)).text;
    };
    EXPECT_EQ(rendered("{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>'}}"),
              "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo<|im_end|>\n");
    EXPECT_EQ(rendered("{% if x %}{{ '<|im_start|>system\\nBe kind.<|im_end|>\\n' }}{% endif %}"),
              "<|im_start|>system\nBe "
              "kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo<|im_"
              "end|>\n");
    EXPECT_EQ(rendered("{{ '[INST] ' + m + ' [/INST]' }}"), "[INST] Hi [/INST] Yo </s>");
    EXPECT_EQ(rendered("<|start_header_id|>"), "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|"
                                               "start_header_id|>assistant<|end_header_id|>"
                                               "\n\nYo<|eot_id|>");
    EXPECT_EQ(rendered(""), "User: Hi\nAssistant: Yo</s>\n");
    EXPECT_NE(chatFormatOf(tokenizer).notice.find("no chat template"), std::string::npos);
    tokenizer.chat = "{{ something unheard of }}";
    EXPECT_NE(chatFormatOf(tokenizer).notice.find("not a known one"), std::string::npos);
}

TEST(ChatFormat, OnlyRepliesWithTheirEndAreTrained)
{
    WordTokenizer tokenizer;
    const std::int32_t end = tokenizer.know("<|im_end|>");
    tokenizer.know("<|im_start|>");
    tokenizer.chat = "<|im_start|>";
    const AnnotatedIds ids = encodeAnnotated(
        renderChat({{"user", "Hi there"}, {"assistant", "Yo man"}}, chatFormatOf(tokenizer)), tokenizer);
    // start user Hi there end | start assistant Yo man end
    ASSERT_EQ(ids.ids.size(), 10u);
    EXPECT_EQ(ids.isTrained,
              (std::vector<bool>{false, false, false, false, false, false, false, true, true, true}));
    EXPECT_EQ(ids.ids[9], end);
}

TEST(Alpaca, PromptsAreStanfords)
{
    EXPECT_EQ(alpacaPrompt("Do.", "").substr(0, 70),
              "Below is an instruction that describes a task. Write a response that a");
    EXPECT_TRUE(
        alpacaPrompt("Do.", "x").ends_with("\n\n### Instruction:\nDo.\n\n### Input:\nx\n\n### Response:"));
}

} // namespace lora
