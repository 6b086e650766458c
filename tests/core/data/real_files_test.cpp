#include "core/data/dataset_reader.h"
#include "core/data/dataset_summary.h"
#include "core/data/table_tokenizer.h"
#include "tests/support/assets.h"

namespace lora {
namespace {

namespace fs = std::filesystem;

fs::path datasets()
{
    return test::assetsFolder() / "assets" / "datasets";
}

#define SKIP_WITHOUT(file)                                                                                   \
    if (!fs::exists(file))                                                                                   \
    GTEST_SKIP() << "skipped: assets absent"

std::unique_ptr<Tokenizer> encoderTokenizer()
{
    return loadTokenizer(test::assetsFolder() / "assets" / "models" / "english-encoder-small");
}

std::unique_ptr<Tokenizer> storiesTokenizer()
{
    return loadTokenizer(test::assetsFolder() / "assets" / "models" / "llama-stories260k");
}

struct Read
{
    DataTable table;
    TokenizedDataset data;
};

Read readAll(const fs::path& file, const Tokenizer& tokenizer, const TokenizeOptions& options)
{
    ReadOptions how;
    how.isTextOneRow = options.task == TaskType::CausalLm;
    Read result{readTable(file, how), {}};
    const ResolvedColumns columns = resolveColumns(result.table, {}, options.task);
    result.data = tokenizeTable(result.table, columns, tokenizer, options);
    return result;
}

} // namespace

TEST(RealFiles, AgNewsHasFourTopicsOf2000Rows)
{
    SKIP_WITHOUT(datasets() / "ag_news");
    const Read read = readAll(datasets() / "ag_news" / "train_8k.csv", *encoderTokenizer(),
                              {TaskType::SequenceClassification});
    EXPECT_EQ(read.data.size(), 8000u);
    EXPECT_EQ(read.data.labelNames.size(), 4u);
}

TEST(RealFiles, EverySquadAnswerIsTheTextUnderItsTokens)
{
    SKIP_WITHOUT(datasets() / "squad_xquad_en");
    TokenizeOptions options{TaskType::QuestionAnswering};
    options.maxLength = 192;
    const Read read = readAll(datasets() / "squad_xquad_en" / "train.json", *encoderTokenizer(), options);
    EXPECT_EQ(read.table.rows.size(), 991u);
    EXPECT_EQ(read.data.sources.size(), 991u);
    EXPECT_GT(read.data.size(), 991u);
    std::vector<bool> isFound(read.data.sources.size());
    std::size_t exact = 0;
    for (const TokenizedExample& example : read.data.examples) {
        if (example.startPosition == 0)
            continue;
        const SourceRow& source = read.data.sources[example.row];
        const std::uint32_t begin = example.spans[static_cast<std::size_t>(example.startPosition)].begin;
        const std::uint32_t end = example.spans[static_cast<std::size_t>(example.endPosition)].end;
        const std::string found = source.text.substr(begin, end - begin);
        EXPECT_NE(found.find(source.answers[0]), std::string::npos) << found << " / " << source.answers[0];
        exact += found == source.answers[0] ? 1 : 0;
        isFound[example.row] = true;
    }
    EXPECT_GE(std::ranges::count(isFound, true), 985);
    EXPECT_GE(exact, 985u);
}

TEST(RealFiles, Wnut17HasSixTypesAndATagOnEveryWord)
{
    SKIP_WITHOUT(datasets() / "ner_wnut17");
    const auto tokenizer = encoderTokenizer();
    const Read train =
        readAll(datasets() / "ner_wnut17" / "train.conll", *tokenizer, {TaskType::TokenClassification});
    EXPECT_EQ(train.data.size(), 3394u);
    EXPECT_EQ(train.data.labelNames.size(), 13u);
    EXPECT_EQ(train.data.labelNames[0], "O");
    TokenizeOptions options{TaskType::TokenClassification};
    options.knownLabels = train.data.labelNames;
    const Read dev = readAll(datasets() / "ner_wnut17" / "dev.conll", *tokenizer, options);
    EXPECT_EQ(dev.data.size(), 1009u);
    std::size_t words = 0;
    std::size_t labelled = 0;
    for (const TokenizedExample& example : train.data.examples) {
        words += train.data.sources[example.row].words.size();
        labelled += static_cast<std::size_t>(
            std::ranges::count_if(example.tokenLabels, [](std::int32_t label) { return label >= 0; }));
    }
    EXPECT_GT(labelled * 1000, words * 998) << labelled << " of " << words;
}

TEST(RealFiles, StsBIsReadWithoutQuotingAndItsScoreAndSentencesAreFound)
{
    SKIP_WITHOUT(datasets() / "stsb");
    const Read read =
        readAll(datasets() / "stsb" / "sts-train.csv", *encoderTokenizer(), {TaskType::Regression});
    EXPECT_EQ(read.data.size(), 5749u);
    EXPECT_EQ(read.table.columns.size(), 7u);
    const ResolvedColumns columns = resolveColumns(read.table, {}, TaskType::Regression);
    EXPECT_EQ(columns.label, 4u);
    EXPECT_EQ(columns.text, 5u);
    EXPECT_EQ(columns.textPair, 6u);
    const ColumnMapping named{"column 6", "column 7", "column 5"};
    EXPECT_EQ(resolveColumns(read.table, named, TaskType::Regression), columns);
    for (const TokenizedExample& example : read.data.examples) {
        ASSERT_EQ(example.targets.size(), 1u);
        EXPECT_GE(example.targets[0], 0);
        EXPECT_LE(example.targets[0], 5);
    }
}

TEST(RealFiles, InstructionFilesAreReadWithTheirPromptsMasked)
{
    SKIP_WITHOUT(datasets() / "instructions");
    const auto tokenizer = encoderTokenizer();
    const struct
    {
        const char* file;
        std::size_t rows;
    } files[] = {
        {"alpaca_en_demo.json", 999}, {"seed_tasks.jsonl", 175}, {"user_oriented_instructions.jsonl", 252}};
    for (const auto& [file, rows] : files) {
        SCOPED_TRACE(file);
        TokenizeOptions options{TaskType::CausalLm};
        options.maxLength = 512;
        const Read read = readAll(datasets() / "instructions" / file, *tokenizer, options);
        EXPECT_GE(read.table.rows.size(), rows);
        EXPECT_GT(read.data.size() * 10, rows * 9);
        for (const TokenizedExample& example : read.data.examples) {
            EXPECT_EQ(example.tokenLabels.front(), -100);
            EXPECT_TRUE(
                std::ranges::any_of(example.tokenLabels, [](std::int32_t label) { return label >= 0; }));
        }
    }
}

TEST(RealFiles, DocumentsAreCutIntoBlocksThatTogetherAreTheWhole)
{
    SKIP_WITHOUT(datasets() / "tinyshakespeare");
    const auto tokenizer = storiesTokenizer();
    const struct
    {
        const char* file;
        std::size_t rows;
    } files[] = {{"tinyshakespeare/input.txt", 1},
                 {"tinystories/tinystories_1000.json", 1000},
                 {"lm_text/c4_demo.jsonl", 300},
                 {"lm_text/wiki_demo.txt", 1},
                 {"lm_text/wikitext_1000.json", 1000}};
    for (const auto& [file, rows] : files) {
        SCOPED_TRACE(file);
        TokenizeOptions options{TaskType::CausalLm};
        options.maxLength = 256;
        const Read read = readAll(datasets() / file, *tokenizer, options);
        EXPECT_EQ(read.table.rows.size(), rows);
        for (const TokenizedExample& example : read.data.examples)
            EXPECT_LE(example.inputIds.size(), 256u);
        const std::size_t whole = tokenizer->encode(read.table.rows[0][0]).ids.size();
        std::size_t first = 0;
        for (const TokenizedExample& example : read.data.examples)
            first += example.row == 0 ? example.inputIds.size() : 0;
        EXPECT_GE(first + 1, whole);
        EXPECT_LE(first, whole + 1);
    }
}

} // namespace lora
