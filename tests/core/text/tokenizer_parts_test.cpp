#include "core/base/error.h"
#include "core/text/normalizer.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/unicode.h"
#include "tests/support/expect_error.h"

#include <nlohmann/json.hpp>

namespace lora {
namespace {

using nlohmann::json;
using Pieces = std::vector<std::string>;

std::string normalize(const char* description, const std::string& text)
{
    return makeNormalizer(json::parse(description), "file")->normalize(text);
}

Pieces split(const char* description, std::string_view text)
{
    PieceText cut{AlignedText{std::string(text)}};
    makePreTokenizer(json::parse(description), "file")->split(cut);
    Pieces pieces;
    for (const PieceText::Range& piece : cut.pieces)
        pieces.emplace_back(cut.view(piece));
    return pieces;
}

TEST(Normalizer, NormalFormsAreUnicodes)
{
    EXPECT_EQ(normalize(R"({"type":"NFD"})", "é"), "e\u0301");
    EXPECT_EQ(normalize(R"({"type":"NFC"})", "e\u0301"), "é");
    EXPECT_EQ(normalize(R"({"type":"NFKC"})", "ﬁ①"), "fi1");
    EXPECT_EQ(normalize(R"({"type":"NFKD"})", "ﬁé"), "fie\u0301");
    EXPECT_EQ(normalize(R"({"type":"NFKD"})", "\uFDFA").size(), 33u); // one character becomes eighteen
}

TEST(Normalizer, CaseAccentsAndEdges)
{
    EXPECT_EQ(normalize(R"({"type":"Lowercase"})", "ÀΣİ"), "àσi\u0307");
    EXPECT_EQ(normalize(R"({"type":"StripAccents"})", "é e\u0301"), "é e");
    EXPECT_EQ(normalize(R"({"type":"Strip","strip_left":true,"strip_right":false})", " \u00A0a "), "a ");
    EXPECT_EQ(normalize(R"({"type":"Strip","strip_left":true,"strip_right":true})", " \u3000 "), "");
    EXPECT_EQ(normalize(R"({"type":"Replace","pattern":{"String":"ab"},"content":"x"})", "abab b"), "xx b");
    EXPECT_EQ(
        normalize(
            R"({"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"},{"type":"Lowercase"}]})",
            "É"),
        "e");
}

TEST(Normalizer, BertsOptionsAreFollowed)
{
    EXPECT_EQ(normalize(R"({"type":"BertNormalizer","lowercase":false})", "ÉA\x01\t中"), "ÉA  中 ");
    EXPECT_EQ(normalize(R"({"type":"BertNormalizer","lowercase":true,"strip_accents":false})", "É"), "é");
    EXPECT_EQ(normalize(R"({"type":"BertNormalizer","lowercase":false,"strip_accents":true})", "É"), "E");
    EXPECT_EQ(normalize(R"({"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":false})",
                        "A\x01\t中"),
              "a\x01\t中");
    // Unassigned characters are kept, private and formatting ones dropped.
    EXPECT_EQ(normalize(R"({"type":"BertNormalizer"})", "\U000AFFFF\uE000\u200E\uFFFD"), "\U000AFFFF");
}

TEST(Normalizer, ReplacementsCannotGrowTextWithoutBound)
{
    json sequence = {{"type", "Sequence"}, {"normalizers", json::array()}};
    for (int i = 0; i < 20; ++i)
        sequence["normalizers"].push_back(
            {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(60, 'a')}});
    const auto normalizer = makeNormalizer(sequence, "file");
    test::expectError(ErrorKind::BadInput, "grow without bound", [&] { normalizer->normalize("aaaa"); });
}

TEST(Normalizer, OtherTypesAreNamedWithWhatIsSupported)
{
    test::expectError(ErrorKind::Unsupported, "\"Surprise\" is not supported; supported are BertNormalizer",
                      [] { normalize(R"({"type":"Surprise"})", ""); });
    test::expectError(ErrorKind::BadInput, "expected an object", [] { normalize("[1]", ""); });
    test::expectError(ErrorKind::BadInput, "\"type\" is missing", [] { normalize("{}", ""); });
}

TEST(PreTokenizer, BertsIsolatesPunctuation)
{
    EXPECT_EQ(split(R"({"type":"BertPreTokenizer"})", " don't $5。 a"),
              (Pieces{"don", "'", "t", "$", "5", "。", "a"}));
}

TEST(PreTokenizer, WhitespaceKinds)
{
    EXPECT_EQ(split(R"({"type":"Whitespace"})", "a_1 é!? b"), (Pieces{"a_1", "é", "!?", "b"}));
    EXPECT_EQ(split(R"({"type":"WhitespaceSplit"})", " a, b\u3000c "), (Pieces{"a,", "b", "c"}));
}

TEST(PreTokenizer, DigitsAloneOrTogether)
{
    EXPECT_EQ(split(R"({"type":"Digits","individual_digits":true})", "ab12c"), (Pieces{"ab", "1", "2", "c"}));
    EXPECT_EQ(split(R"({"type":"Digits","individual_digits":false})", "ab12c"), (Pieces{"ab", "12", "c"}));
}

TEST(PreTokenizer, SplitBehaviours)
{
    const auto with = [](const char* behavior) {
        return split((std::string(R"({"type":"Split","pattern":{"String":"-"},"invert":false,"behavior":")") +
                      behavior + "\"}")
                         .c_str(),
                     "the-final--countdown");
    };
    EXPECT_EQ(with("Removed"), (Pieces{"the", "final", "countdown"}));
    EXPECT_EQ(with("Isolated"), (Pieces{"the", "-", "final", "-", "-", "countdown"}));
    EXPECT_EQ(with("MergedWithPrevious"), (Pieces{"the-", "final-", "-", "countdown"}));
    EXPECT_EQ(with("MergedWithNext"), (Pieces{"the", "-final", "-", "-countdown"}));
    EXPECT_EQ(with("Contiguous"), (Pieces{"the", "-", "final", "--", "countdown"}));
    EXPECT_EQ(
        split(R"({"type":"Split","pattern":{"String":"-"},"invert":true,"behavior":"Removed"})", "a-b-"),
        (Pieces{"-", "-"}));
}

TEST(PreTokenizer, SequencesSplitFurther)
{
    EXPECT_EQ(
        split(R"({"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Punctuation"}]})",
              "a,b c!"),
        (Pieces{"a", ",", "b", "c", "!"}));
}

TEST(PreTokenizer, OtherTypesAreNamedWithWhatIsSupported)
{
    for (const char* type : {"Surprise", "UnicodeScripts"})
        test::expectError(ErrorKind::Unsupported, type,
                          [&] { split((std::string("{\"type\":\"") + type + "\"}").c_str(), ""); });
}

TEST(Unicode, MalformedSequencesBecomeReplacementCharacters)
{
    EXPECT_EQ(unicode::validUtf8("a\xff"
                                 "b"),
              "a\uFFFDb");
    EXPECT_EQ(unicode::validUtf8("\xe4\xb8"), "\uFFFD");
    EXPECT_EQ(unicode::validUtf8("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD"); // a surrogate
    EXPECT_EQ(unicode::validUtf8("中é😀"), "中é😀");
    EXPECT_TRUE(unicode::isValidUtf8("中é😀"));
    EXPECT_FALSE(unicode::isValidUtf8("\xc0\x80"));
    EXPECT_TRUE(unicode::isAscii("0123456789"));
    EXPECT_FALSE(unicode::isAscii("012345678é"));
}

} // namespace
} // namespace lora
