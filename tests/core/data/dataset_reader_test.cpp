#include "core/data/dataset_reader.h"

#include "core/base/error.h"
#include "tests/support/assets.h"

#include <fstream>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace lora {
namespace {

namespace fs = std::filesystem;
using Rows = std::vector<std::vector<std::string>>;
using Names = std::vector<std::string>;

std::string errorOf(std::string_view bytes, const std::string& source)
{
    try {
        parseTable(bytes, source);
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::BadInput);
        EXPECT_FALSE(error.hint().empty());
        EXPECT_EQ(std::string(error.what()).rfind(source, 0), 0u) << error.what();
        return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
}

bool has(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

TEST(CsvReader, QuotesHoldCommasLineEndsAndDoubledQuotes)
{
    const DataTable table =
        parseTable("label,text\r\na,\"one, \"\"two\"\"\r\nthree\"\r\nb,5\" pipe\r\n", "a.csv");
    EXPECT_EQ(table.columns, (Names{"label", "text"}));
    EXPECT_EQ(table.rows, (Rows{{"a", "one, \"two\"\r\nthree"}, {"b", "5\" pipe"}}));
    EXPECT_EQ(table.lines, (std::vector<std::uint32_t>{2, 4}));
    EXPECT_TRUE(table.hasHeader);
    EXPECT_EQ(table.format, DataFormat::Csv);
    EXPECT_EQ(table.hash.size(), 16u);
    EXPECT_TRUE(table.problems.empty());
}

TEST(CsvReader, EmptyFieldsAndTheMissingLastLineEndAreKept)
{
    EXPECT_EQ(parseTable("text,label,id\n,\"\",\nx,y,", "a.csv").rows, (Rows{{"", "", ""}, {"x", "y", ""}}));
}

TEST(CsvReader, SemicolonsAndTabsAreFoundWhereCommasDoNotFit)
{
    EXPECT_EQ(parseTable("text;label\nwell, yes;1\nno;0\n", "a.csv").rows,
              (Rows{{"well, yes", "1"}, {"no", "0"}}));
    EXPECT_EQ(parseTable("text\tlabel\nwell, yes\t1\nno\t0\n", "a.csv").rows,
              (Rows{{"well, yes", "1"}, {"no", "0"}}));
    EXPECT_EQ(parseTable("text\nplain; one\n", "a.csv").rows, (Rows{{"plain; one"}}));
}

TEST(CsvReader, AnUnclosedQuoteNamesItsLine)
{
    const std::string text = errorOf("text,label\na,1\n\"b,0\nc,1\n", "a.csv");
    EXPECT_TRUE(has(text, "line 3")) << text;
    EXPECT_TRUE(has(text, "never closed")) << text;
}

TEST(CsvReader, TextAfterAClosingQuoteNamesItsLine)
{
    EXPECT_TRUE(
        has(errorOf("text,label\n\"a\" b,1\n", "a.csv"), "line 2: text stands after a closing quote"));
}

TEST(CsvReader, ARaggedRowNamesLineExpectedAndFound)
{
    EXPECT_TRUE(has(errorOf("text,label\na,1\n\nb\n", "a.csv"),
                    "line 4: expected 2 fields as in the first line, found 1"));
    EXPECT_TRUE(has(errorOf("text\tlabel\na\t1\t2\n", "a.tsv"),
                    "line 2: expected 2 fields as in the first line, found 3"));
}

TEST(CsvReader, AHugeFieldIsRefused)
{
    EXPECT_TRUE(has(errorOf("text,label\n\"" + std::string(5u << 20, 'x') + "\",1\n", "a.csv"),
                    "line 2: a field of more"));
    EXPECT_TRUE(has(errorOf("text,label\n" + std::string(5u << 20, 'x') + ",1\n", "a.csv"),
                    "line 2: a field of more"));
    EXPECT_TRUE(
        has(errorOf("text,label\n\"" + std::string(5u << 20, 'x'), "a.csv"), "line 2: a field of more"));
}

TEST(CsvReader, TooManyFieldsAreRefused)
{
    EXPECT_TRUE(has(errorOf(std::string(100000, ','), "a.csv"), "line 1: more than 1000 fields"));
}

TEST(TsvReader, QuotesAreText)
{
    const DataTable table = parseTable("sentence\tlabel\n\"open\t1\nthe \"best\" film\t0\n", "a.tsv");
    EXPECT_EQ(table.rows, (Rows{{"\"open", "1"}, {"the \"best\" film", "0"}}));
}

TEST(TsvReader, ByteOrderMarkAndEveryLineEndAreUnderstood)
{
    for (const std::string end : {"\n", "\r\n", "\r"}) {
        const DataTable table =
            parseTable("\xEF\xBB\xBFsentence\tlabel" + end + "a\t1" + end + end + "b\t0" + end, "a.tsv");
        EXPECT_EQ(table.columns, (Names{"sentence", "label"}));
        EXPECT_EQ(table.rows, (Rows{{"a", "1"}, {"b", "0"}}));
        EXPECT_EQ(table.lines, (std::vector<std::uint32_t>{2, 4}));
    }
}

TEST(TsvReader, AFileWithoutAHeaderNamesColumnsByPosition)
{
    for (const char* text :
         {"a fine film\t1\na bad film\t0\n", "good\tpositive\nbad\tnegative\nfine\tpositive\n"}) {
        const DataTable table = parseTable(text, "a.tsv");
        EXPECT_FALSE(table.hasHeader) << text;
        EXPECT_EQ(table.columns, (Names{"0", "1"}));
        EXPECT_EQ(table.lines[0], 1u);
    }
}

TEST(TsvReader, UncommonNamesAreAHeaderWhenTheyDoNotReturn)
{
    EXPECT_TRUE(
        parseTable("zin\tstemming\neen film\tgoed\nnog een\tslecht\nderde\tgoed\n", "a.tsv").hasHeader);
}

TEST(TsvReader, ANameTheUserGaveMakesAHeader)
{
    ReadOptions options;
    options.expectedColumns = {"1st"};
    EXPECT_TRUE(parseTable("1st\t2\na\tb\n", "a.tsv", options).hasHeader);
    EXPECT_FALSE(parseTable("1st\t2\na\tb\n", "a.tsv").hasHeader);
}

TEST(TsvReader, DuplicateColumnNamesAreRefused)
{
    ReadOptions options;
    options.expectedColumns = {"text"};
    EXPECT_THROW(parseTable("text\ttext\na\tb\n", "a.tsv", options), Error);
}

TEST(JsonReader, ObjectsALineBecomeRows)
{
    const DataTable table = parseTable(
        "{\"text\": \"a \\\"b\\\"\", \"label\": 1}\n\n{\"label\": true, \"text\": null, \"tags\": [1, 2]}\n",
        "a.jsonl");
    EXPECT_EQ(table.columns, (Names{"text", "label", "tags"}));
    EXPECT_EQ(table.rows, (Rows{{"a \"b\"", "1", ""}, {"", "true", "[1,2]"}}));
    EXPECT_EQ(table.lines, (std::vector<std::uint32_t>{1, 3}));
    ASSERT_EQ(table.problems.size(), 1u);
    EXPECT_EQ(table.problems[0].line, 3u);
}

TEST(JsonReader, AMissingKeyIsAProblemWithItsLine)
{
    const DataTable table = parseTable("{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\"}\n", "a.jsonl");
    EXPECT_EQ(table.rows[1], (Names{"b", ""}));
    EXPECT_EQ(table.problems, (std::vector<DataProblem>{{2, "the key \"label\" is missing"}}));
}

TEST(JsonReader, AListOfObjectsKeepsItsLines)
{
    const DataTable table =
        parseTable("[\n {\"text\": \"a]},\\\"\"},\n {\n  \"text\": \"b\"}\n]\n", "a.json");
    EXPECT_EQ(table.format, DataFormat::JsonArray);
    EXPECT_EQ(table.rows, (Rows{{"a]},\""}, {"b"}}));
    EXPECT_EQ(table.lines, (std::vector<std::uint32_t>{2, 3}));
}

TEST(JsonReader, FaultsNameTheirLine)
{
    EXPECT_TRUE(has(errorOf("{\"text\": \"a\"}\n{\"text\": }\n", "a.jsonl"), "line 2: not valid JSON"));
    EXPECT_TRUE(
        has(errorOf("{\"text\": \"a\"}\n[1]\n", "a.jsonl"), "line 2: expected an object, found a list"));
    EXPECT_TRUE(has(errorOf("{\"a\": 1}\n7\n", "a.jsonl"), "line 2: expected an object"));
    EXPECT_TRUE(has(errorOf("[\n{\"a\": 1}\n{\"a\": 2}]", "a.json"), "line 3: expected , or ]"));
    EXPECT_TRUE(has(errorOf("[\n{\"a\": 1},\n", "a.json"), "line 3"));
    EXPECT_TRUE(has(errorOf("[{\"a\": 1}] x", "a.json"), "text stands after the end"));
    EXPECT_TRUE(has(errorOf("[]", "a.json"), "no rows"));
    EXPECT_TRUE(has(errorOf("{\"a\": \"\xff\"}", "a.jsonl"), "line 1: not valid JSON"));
}

TEST(JsonReader, ANumberNoTypeHoldsIsNamedInAFewWords)
{
    for (const std::string kind : {"a.jsonl", "a.json"}) {
        const std::string row = "{\"text\": \"a\", \"score\": 1" + std::string(100000, '0') + "}";
        const std::string fault = errorOf(kind == "a.json" ? "[" + row + "]" : row, kind);
        EXPECT_TRUE(has(fault, "line 1: not valid JSON: number overflow")) << fault.substr(0, 300);
        EXPECT_LT(fault.size(), 400u);
    }
}

TEST(JsonReader, DeepNestingAndCountlessKeysAreRefused)
{
    EXPECT_TRUE(has(errorOf("{\"a\": " + std::string(1000000, '['), "a.jsonl"), "nests deeper"));
    EXPECT_TRUE(has(errorOf("[" + std::string(1000000, '['), "a.json"), "nests deeper"));
    std::string keys = "{";
    for (int i = 0; i < 5000; ++i)
        keys += "\"" + std::to_string(i) + "\": 1, ";
    EXPECT_TRUE(has(errorOf(keys + "\"x\": 1}", "a.jsonl"), "more than 1000 keys"));
    std::string rows;
    for (int i = 0; i < 2000; ++i)
        rows += "{\"" + std::to_string(i) + "\": 1}\n";
    EXPECT_TRUE(has(errorOf(rows, "a.jsonl"), "more than 1000 different keys"));
}

TEST(DatasetReader, FormatsAreFoundByEndingElseByContent)
{
    EXPECT_EQ(detectFormat("a,b\n", "x.CSV"), DataFormat::Csv);
    EXPECT_EQ(detectFormat("a,b\n", "x.tsv"), DataFormat::Tsv);
    EXPECT_EQ(detectFormat("{}", "x.jsonl"), DataFormat::JsonLines);
    EXPECT_EQ(detectFormat(" [{}]", "x.json"), DataFormat::JsonArray);
    EXPECT_EQ(detectFormat("{}\n{}", "x.json"), DataFormat::JsonLines);
    EXPECT_EQ(detectFormat("one, two\nthree\n", "x.txt"), DataFormat::Text);
    EXPECT_EQ(detectFormat("a\t1\nb\t0\n", "x.txt"), DataFormat::Tsv);
    EXPECT_EQ(detectFormat("a\t1\nb\t0\n", "x"), DataFormat::Tsv);
    EXPECT_EQ(detectFormat("text,label\na,0\n", "x.data"), DataFormat::Csv);
    EXPECT_EQ(detectFormat("{\"a\": 1}\n", "x"), DataFormat::JsonLines);
    EXPECT_EQ(detectFormat("One line.\nAnother, longer line, with commas.\n", "x"), DataFormat::Text);
}

TEST(DatasetReader, TextLinesAreRowsOfOneColumn)
{
    const DataTable table = parseTable("First line.\n\n  \nSecond, line.\n", "a.txt");
    EXPECT_EQ(table.columns, (Names{"text"}));
    EXPECT_EQ(table.rows, (Rows{{"First line."}, {"Second, line."}}));
    EXPECT_EQ(table.lines, (std::vector<std::uint32_t>{1, 4}));
}

TEST(DatasetReader, EmptyFilesAndLoneHeadersAreRefused)
{
    EXPECT_TRUE(has(errorOf("", "a.tsv"), "the file is empty"));
    EXPECT_TRUE(has(errorOf(" \r\n\n", "a.csv"), "the file is empty"));
    EXPECT_TRUE(has(errorOf("\xEF\xBB\xBF", "a.csv"), "the file is empty"));
    EXPECT_TRUE(has(errorOf("sentence\tlabel\n", "a.tsv"), "a header but no rows"));
}

TEST(DatasetReader, BinaryFilesAreNamed)
{
    EXPECT_TRUE(has(errorOf("PK\x03\x04zzz", "a.csv"), "ZIP"));
    EXPECT_TRUE(has(errorOf(std::string("\xFF\xFE") + "t\0e\0", "a.csv"), "UTF-16"));
    std::string header = "........{\"a\": 1}";
    for (int i = 2; i < 8; ++i)
        header[static_cast<std::size_t>(i)] = '\0';
    EXPECT_TRUE(has(errorOf(header, "a.csv"), "a binary file"));
    std::string noise;
    for (int i = 0; i < 4096; ++i)
        noise += static_cast<char>(i * 7919 % 251);
    EXPECT_TRUE(has(errorOf(noise, "a.tsv"), "a binary file"));
}

TEST(DatasetReader, InvalidUtf8AndNulAreReplacedAndReported)
{
    const DataTable table =
        parseTable(std::string("text\tlabel\nfine\t1\nca\xE9 x\t0\na\0b\t1\n", 32), "a.tsv");
    EXPECT_EQ(table.rows[1][0], "ca\uFFFD x");
    EXPECT_EQ(table.rows[2][0], "a\uFFFDb");
    ASSERT_EQ(table.problems.size(), 2u);
    EXPECT_EQ(table.problems[0].line, 3u);
    EXPECT_EQ(table.problems[1].line, 4u);
}

TEST(DatasetReader, TheRowLimitStopsReading)
{
    ReadOptions options;
    options.maxRows = 2;
    EXPECT_EQ(parseTable("text\tlabel\na\t1\nb\t0\nc\nd\t1\n", "a.tsv", options).rows.size(), 2u);
    EXPECT_EQ(parseTable("{\"a\":1}\n{\"a\":2}\nbroken", "a.jsonl", options).rows.size(), 2u);
}

TEST(DatasetReader, AMissingFileAndAFolderAreFileSystemErrors)
{
    for (const fs::path& path : {fs::temp_directory_path(), fs::temp_directory_path() / "lora-absent.tsv"}) {
        try {
            readTable(path);
            ADD_FAILURE() << path;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::FileSystem);
            EXPECT_TRUE(has(error.what(), path.string())) << error.what();
        }
    }
}

RC_GTEST_PROP(DatasetReader, WhatRfc4180WritesIsReadBack, ())
{
    const auto cell = rc::gen::container<std::string>(rc::gen::element('a', '"', ',', '\n', ' ', ';', '\t'));
    const auto width = *rc::gen::inRange<std::size_t>(2, 5);
    const auto rows = *rc::gen::nonEmpty(rc::gen::container<Rows>(rc::gen::container<Names>(width, cell)));
    std::string text = "text";
    for (std::size_t i = 1; i < width; ++i)
        text += ",c" + std::to_string(i);
    for (const auto& row : rows) {
        text += "\n";
        for (std::size_t i = 0; i < width; ++i) {
            text += i > 0 ? ",\"" : "\"";
            for (const char c : row[i])
                text += c == '"' ? std::string("\"\"") : std::string(1, c);
            text += '"';
        }
    }
    RC_ASSERT(parseTable(text, "a.csv").rows == rows);
}

RC_GTEST_PROP(DatasetReader, AnyBytesAreReadOrRefusedWithAnError, ())
{
    const auto bytes = *rc::gen::container<std::string>(rc::gen::oneOf(
        rc::gen::arbitrary<char>(), rc::gen::element('"', ',', '\t', '\n', '{', '}', '[', ']', ':', 'a')));
    for (const char* source : {"a.csv", "a.tsv", "a.jsonl", "a.json", "a.txt", "a"}) {
        try {
            const DataTable table = parseTable(bytes, source);
            for (const auto& row : table.rows)
                RC_ASSERT(row.size() == table.columns.size());
            RC_ASSERT(table.lines.size() == table.rows.size());
        } catch (const Error& error) {
            RC_ASSERT(std::string(error.what()).starts_with(source));
        }
    }
}

TEST(DatasetReader, RealDataSetsAreReadWhole)
{
    SKIP_WITHOUT_ASSETS();
    const fs::path data = test::assetsFolder() / "assets/datasets";
    const DataTable sst2 = readTable(data / "sst2/train_5k.tsv");
    EXPECT_EQ(sst2.columns, (Names{"sentence", "label"}));
    EXPECT_EQ(sst2.rows.size(), 5000u);
    EXPECT_EQ(readTable(data / "sst2/dev.tsv").rows.size(), 6735u);
    const DataTable news = readTable(data / "ag_news/train_8k.csv");
    EXPECT_EQ(news.columns, (Names{"label", "text"}));
    EXPECT_EQ(news.rows.size(), 8000u);
    EXPECT_TRUE(news.problems.empty());
    EXPECT_FALSE(readTable(data / "stsb/sts-dev.csv", {{}, 10, {}}).hasHeader);
    EXPECT_EQ(readTable(data / "instructions/alpaca_en_demo.json", {{}, 10, {}}).columns,
              (Names{"instruction", "input", "output"}));
}

} // namespace
} // namespace lora
