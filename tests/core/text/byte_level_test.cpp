#include "core/text/byte_level.h"

#include "core/base/stopwatch.h"
#include "core/io/atomic_file.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/text_pattern.h"
#include "core/text/vocabulary_builder.h"
#include "core/text/word_pattern.h"
#include "tests/core/text/random_text.h"
#include "tests/core/text/tokenizer_fixture.h"
#include "tests/support/assets.h"

#include <rapidcheck/gtest.h>

namespace lora {
namespace {

using Pieces = std::vector<std::string>;

Pieces wordsOf(const WordPattern& pattern, std::string_view text)
{
    Pieces words;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = pattern.endOfWord(text, begin);
        words.emplace_back(text.substr(begin, end - begin));
        begin = end;
    }
    return words;
}

TEST(WordPattern, Gpt2KeepsTheSpaceBeforeAWord)
{
    EXPECT_EQ(wordsOf(WordPattern::gpt2(), "It's  12 o'clock!!\n\n x'LL"),
              (Pieces{"It", "'s", " ", " 12", " o", "'", "clock", "!!", "\n\n", " x", "'", "LL"}));
}

TEST(WordPattern, Llama3GroupsDigitsAndTakesLineBreaks)
{
    EXPECT_EQ(wordsOf(WordPattern::llama3(), "It'S 12345 (a) ok!\n\n  \n b"),
              (Pieces{"It", "'S", " ", "123", "45", " (", "a", ")", " ok", "!\n\n", "  \n", " b"}));
    EXPECT_EQ(wordsOf(WordPattern::qwen2(), "a 12\t.b"), (Pieces{"a", " ", "1", "2", "\t", ".b"}));
}

RC_GTEST_PROP(WordPatternProperties, TheScannersAgreeWithTheirRegularExpressions, ())
{
    const std::string text = *test::randomText();
    for (const WordPattern* pattern : {&WordPattern::gpt2(), &WordPattern::llama3(), &WordPattern::qwen2()}) {
        Pieces matches;
        makeRegexPattern(std::string(pattern->expression), "test")
            ->forEachMatch(text, [&](std::size_t begin, std::size_t end) {
                matches.push_back(text.substr(begin, end - begin));
            });
        RC_ASSERT(wordsOf(*pattern, text) == matches);
    }
}

TEST(WordPattern, TakesLinearTimeOnHostileText)
{
    const Stopwatch watch;
    for (const char* unit : {" ", "\n", "'", "a", "1", " \n", "\t", ".", "' "}) {
        std::string text;
        while (text.size() < 1'000'000)
            text += unit;
        for (const WordPattern* pattern : {&WordPattern::gpt2(), &WordPattern::llama3()})
            EXPECT_FALSE(wordsOf(*pattern, text).empty());
    }
    EXPECT_LT(watch.seconds(), 20.0);
}

TEST(ByteLevel, TheAlphabetIsGpt2s)
{
    EXPECT_EQ(byte_level::encode(" \n!~\x7f\xa0\xad\xff"), "ĠĊ!~ġłŃÿ");
    for (int byte = 0; byte < 256; ++byte) {
        const std::string one(1, static_cast<char>(byte));
        EXPECT_EQ(byte_level::decode(byte_level::encode(one)), one);
    }
    EXPECT_EQ(byte_level::decode("中"), "中");
}

std::shared_ptr<const Tokenizer> builtTokenizer()
{
    static const std::shared_ptr<const Tokenizer> Made = [] {
        std::vector<std::string> texts;
        for (int i = 0; i < 40; ++i)
            texts.push_back("the cat sat on the mat, it's a café 中文 " + std::to_string(i * 37) +
                            "\nthe end");
        const test::TemporaryFolder folder;
        writeBytePairTokenizer(folder.path(), buildBytePairVocabulary(texts, 320, {"<|endoftext|>"}),
                               {{"eos_token", "<|endoftext|>"}});
        return loadTokenizer(folder.path());
    }();
    return Made;
}

RC_GTEST_PROP(ByteLevelProperties, DecodingGivesTheTextBack, ())
{
    const std::string text = *test::randomText();
    const auto tokenizer = builtTokenizer();
    const Encoding encoding = tokenizer->encode(text);
    RC_ASSERT(tokenizer->decode(encoding.ids) == text);
    StreamDecoder stream(*tokenizer);
    std::string streamed;
    for (const std::int32_t id : encoding.ids) {
        streamed += stream.push(id);
        RC_ASSERT(unicode::isValidUtf8(streamed));
    }
    RC_ASSERT(streamed + stream.finish() == text);
}

RC_GTEST_PROP(ByteLevelProperties, AnyIdsStreamToTheirDecoding, (const std::vector<std::uint16_t>& numbers))
{
    const auto tokenizer = builtTokenizer();
    StreamDecoder stream(*tokenizer);
    std::vector<std::int32_t> ids;
    std::string streamed;
    for (const std::uint16_t number : numbers) {
        ids.push_back(number % 330); // some unknown
        streamed += stream.push(ids.back());
    }
    RC_ASSERT(streamed + stream.finish() == tokenizer->decode(ids));
}

TEST(ByteLevel, AMegabyteTakesSeconds)
{
    SKIP_WITHOUT_ASSETS();
    const auto tokenizer = loadTokenizer(test::assetsFolder() / "assets/tokenizers/gpt2");
    std::string text;
    const std::string some =
        readFile(test::assetsFolder() / "assets/datasets/sst2/train.tsv").substr(0, 1 << 20);
    const Stopwatch watch;
    const Encoding encoding = tokenizer->encode(some);
    RecordProperty("seconds", std::to_string(watch.seconds()));
    EXPECT_GT(encoding.ids.size(), 150'000u);
    EXPECT_LT(watch.seconds(), 10.0); // measured 0.5 s; slack for busy machines and sanitizers
    EXPECT_EQ(tokenizer->decode(encoding.ids), unicode::validUtf8(some));
}

TEST(ByteLevel, OneEndlessWordIsNotSlow)
{
    SKIP_WITHOUT_ASSETS();
    const auto tokenizer = loadTokenizer(test::assetsFolder() / "assets/tokenizers/gpt2");
    const Stopwatch watch;
    EXPECT_GT(tokenizer->encode(std::string(500'000, 'a')).ids.size(), 10'000u);
    EXPECT_LT(watch.seconds(), 10.0);
}

} // namespace
} // namespace lora
