#include "core/text/tokenizer.h"

#include "core/base/error.h"
#include "tests/core/text/tokenizer_fixture.h"
#include "tests/support/expect_error.h"

namespace lora {
namespace {

using Ids = std::vector<std::int32_t>;
using Tokens = std::vector<std::string>;
using test::expectError;
using test::load;
using test::smallTokenizer;
using test::tokensOf;

TEST(WordPiece, TakesTheLongestPieceFromTheLeft)
{
    const auto tokenizer = load(smallTokenizer());
    EXPECT_EQ(tokensOf(*tokenizer, "abc ab words"), (Tokens{"a", "##bc", "a", "##b", "word", "##s"}));
}

TEST(WordPiece, AWordWithAnUncoveredPartIsUnknownAsAWhole)
{
    const auto tokenizer = load(smallTokenizer());
    EXPECT_EQ(tokensOf(*tokenizer, "abx a"), (Tokens{"[UNK]", "a"}));
}

TEST(WordPiece, WordsAboveTheLimitAreUnknown)
{
    auto document = smallTokenizer();
    document["model"]["max_input_chars_per_word"] = 3;
    const auto tokenizer = load(document);
    EXPECT_EQ(tokensOf(*tokenizer, "abc"), (Tokens{"a", "##bc"}));
    EXPECT_EQ(tokensOf(*tokenizer, "abcs"), (Tokens{"[UNK]"}));
    const std::string huge(5'000'000, 'a');
    EXPECT_EQ(tokensOf(*load(smallTokenizer()), huge), (Tokens{"[UNK]"}));
}

TEST(Tokenizer, AddsTheTemplatesSpecialTokens)
{
    const auto tokenizer = load(smallTokenizer());
    const Encoding single = tokenizer->encode("A b");
    EXPECT_EQ(single.tokens, (Tokens{"[CLS]", "a", "[UNK]", "[SEP]"}));
    EXPECT_EQ(single.isSpecial, (std::vector<bool>{true, false, false, true}));
    const Encoding pair = tokenizer->encode("a", "word, a", SpecialTokens::Add, 0);
    EXPECT_EQ(pair.ids, (Ids{2, 5, 3, 8, 10, 5, 3}));
    EXPECT_EQ(pair.typeIds, (Ids{0, 0, 0, 1, 1, 1, 1}));
    const Encoding bare = tokenizer->encode("a", "word", SpecialTokens::Omit, 0);
    EXPECT_EQ(bare.ids, (Ids{5, 8}));
    EXPECT_EQ(bare.typeIds, (Ids{0, 1}));
}

TEST(Tokenizer, TextOfNoTokensGivesTheTemplateAlone)
{
    const auto tokenizer = load(smallTokenizer());
    for (const char* text : {"", "  \t\n", "\xEF\xBF\xBD", "\xCC\x81"})
        EXPECT_EQ(tokenizer->encode(text).ids, (Ids{2, 3})) << text;
    EXPECT_TRUE(tokenizer->encode("", std::nullopt, SpecialTokens::Omit, 0).ids.empty());
}

TEST(Tokenizer, BertsNormalizerCleansLowersAndSeparates)
{
    const auto tokenizer = load(smallTokenizer());
    EXPECT_EQ(tokensOf(*tokenizer, "CAFÉ café cafe\u0301"), (Tokens{"cafe", "cafe", "cafe"}));
    EXPECT_EQ(tokensOf(*tokenizer, "a中word"), (Tokens{"a", "中", "word"}));
    EXPECT_EQ(tokensOf(*tokenizer, "wo\u200Brd a\u00A0a"), (Tokens{"word", "a", "a"}));
    EXPECT_EQ(tokensOf(*tokenizer, "word。word"), (Tokens{"word", "[UNK]", "word"}));
}

TEST(Tokenizer, InvalidUtf8IsNotACrash)
{
    const auto tokenizer = load(smallTokenizer());
    EXPECT_EQ(tokensOf(*tokenizer, "a \xff\xfe word \xe4\xb8"), (Tokens{"a", "word"}));
    EXPECT_EQ(tokensOf(*tokenizer, std::string_view("a\0a", 3)), (Tokens{"[UNK]"}));
}

TEST(Tokenizer, TruncationShortensTheTextNotTheTemplate)
{
    const auto tokenizer = load(smallTokenizer());
    const Encoding cut = tokenizer->encode("a a a a", std::nullopt, SpecialTokens::Add, 4);
    EXPECT_EQ(cut.ids, (Ids{2, 5, 5, 3}));
    EXPECT_TRUE(cut.isTruncated);
    const Encoding whole = tokenizer->encode("a a", std::nullopt, SpecialTokens::Add, 4);
    EXPECT_FALSE(whole.isTruncated);
    EXPECT_EQ(tokenizer->encode("a", std::nullopt, SpecialTokens::Add, 2).ids, (Ids{2, 3}));
    expectError(ErrorKind::BadUsage, "no room",
                [&] { tokenizer->encode("a", std::nullopt, SpecialTokens::Add, 1); });
}

TEST(Tokenizer, OfAPairTheLongerTextLosesFirst)
{
    const auto tokenizer = load(smallTokenizer());
    const auto lengths = [&](const char* first, const char* second, int budget) {
        const Encoding encoding = tokenizer->encode(first, second, SpecialTokens::Omit, budget);
        const auto ofSecond = std::count(encoding.typeIds.begin(), encoding.typeIds.end(), 1);
        return std::pair<int, int>(static_cast<int>(encoding.ids.size()) - static_cast<int>(ofSecond),
                                   static_cast<int>(ofSecond));
    };
    EXPECT_EQ(lengths("a", "a a a a a a", 4), std::pair(1, 3));
    EXPECT_EQ(lengths("a a a a a a", "a", 4), std::pair(3, 1));
    EXPECT_EQ(lengths("a a a a a", "a a a a a a", 5), std::pair(2, 3));
    EXPECT_EQ(lengths("a a a a a a", "a a a a a", 5), std::pair(3, 2));
    EXPECT_EQ(lengths("a a a", "a a a a", 7), std::pair(3, 4));
}

TEST(AddedTokens, AreFoundInTheRawText)
{
    const auto tokenizer = load(smallTokenizer());
    EXPECT_EQ(tokensOf(*tokenizer, "a [MASK] a"), (Tokens{"a", "[MASK]", "a"}));
    EXPECT_EQ(tokensOf(*tokenizer, "a[SEP]a"), (Tokens{"a", "[SEP]", "a"}));
    EXPECT_EQ(tokensOf(*tokenizer, "[mask]").size(), 3u); // another case is not the token
    EXPECT_FALSE(tokenizer->encode("a [SEP]").isSpecial[2]);
}

TEST(AddedTokens, FlagsDecideWhatMatches)
{
    auto document = smallTokenizer();
    const auto add = [&](int id, const char* content, const char* flag) {
        nlohmann::json token = {{"id", id}, {"content", content}, {"special", false}, {"normalized", false}};
        if (flag)
            token[flag] = true;
        document["added_tokens"].push_back(token);
    };
    add(20, "or", "single_word");
    add(21, "<L>", "lstrip");
    add(22, "<R>", "rstrip");
    add(23, "New", "normalized");
    add(24, "<L>x", nullptr);
    const auto tokenizer = load(document);
    EXPECT_EQ(tokensOf(*tokenizer, "word or word"), (Tokens{"word", "or", "word"}));
    EXPECT_EQ(tokensOf(*tokenizer, "a NEW new"), (Tokens{"a", "New", "New"}));
    EXPECT_EQ(tokensOf(*tokenizer, "a  <L>  a"), (Tokens{"a", "<L>", "a"}));
    EXPECT_EQ(tokensOf(*tokenizer, "<L>xa"), (Tokens{"<L>x", "a"})); // the longest wins
    EXPECT_EQ(tokenizer->vocabularySize(), 25);
    EXPECT_EQ(tokenizer->idOf("<R>"), 22);
    EXPECT_EQ(tokenizer->tokenOf(24), "<L>x");
}

TEST(AddedTokens, StrippingTakesTheWhitespaceAlong)
{
    // Without a pre-tokenizer the whitespace is visible: "a " and "a" are different words.
    auto document = smallTokenizer();
    document["pre_tokenizer"] = nullptr;
    document["normalizer"] = nullptr;
    document["model"]["vocab"]["a "] = 14;
    document["added_tokens"].push_back({{"id", 20}, {"content", "<N>"}, {"normalized", false}});
    document["added_tokens"].push_back(
        {{"id", 21}, {"content", "<L>"}, {"normalized", false}, {"lstrip", true}});
    document["added_tokens"].push_back(
        {{"id", 22}, {"content", "<R>"}, {"normalized", false}, {"rstrip", true}});
    const auto tokenizer = load(document);
    EXPECT_EQ(tokensOf(*tokenizer, "a <N>"), (Tokens{"a ", "<N>"}));
    EXPECT_EQ(tokensOf(*tokenizer, "a <L>"), (Tokens{"a", "<L>"}));
    EXPECT_EQ(tokensOf(*tokenizer, "<R>  a"), (Tokens{"<R>", "a"}));
    EXPECT_EQ(tokensOf(*tokenizer, "<R>  <L>a"), (Tokens{"<R>", "<L>", "a"}));
}

TEST(Tokenizer, DecodesToReadableText)
{
    const auto tokenizer = load(smallTokenizer());
    EXPECT_EQ(tokenizer->decode(tokenizer->encode("Words, abc.").ids), "words, abc.");
    EXPECT_EQ(tokenizer->decode({-5, 9999, 8}), "word");
    EXPECT_EQ(tokenizer->decode({}), "");
}

} // namespace
} // namespace lora
