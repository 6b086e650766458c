#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/text/normalizer.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/token_decoder.h"
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

TEST(Normalizer, PrefixesReplacementsAndCleaning)
{
    EXPECT_EQ(normalize(R"({"type":"Prepend","prepend":"▁"})", "a b"), "▁a b");
    EXPECT_EQ(normalize(R"({"type":"Prepend","prepend":"▁"})", ""), "");
    EXPECT_EQ(normalize(R"({"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"})", "a   b c"),
              "a▁b c");
    EXPECT_EQ(normalize(R"({"type":"Nmt"})", "a\x01\u200Bb\tc\uFEFF"), "a b c ");
    EXPECT_EQ(normalize(R"({"type":"ByteLevel"})", "a é"), "aĠÃ©");
}

std::string base64(const std::string& bytes)
{
    const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char byte : bytes + std::string(2, '\0')) {
        bits = (bits << 8) | static_cast<unsigned char>(byte);
        for (count += 8; count >= 6; count -= 6)
            out += alphabet[(bits >> (count - 6)) & 63];
    }
    return out.substr(0, (bytes.size() * 4 + 2) / 3);
}

/// A table with one entry, full-width "Ａ" (EF BC A1) to "A"; units are placed by hand, one a byte.
std::string charsmap()
{
    std::vector<std::uint32_t> trie(0x1000);
    trie[0] = 0x100u << 10;
    trie[0x100 ^ 0xEF] = (0x300u << 10) | 0xEF;
    trie[0x1EF ^ 0x300 ^ 0xBC] = (0x600u << 10) | 0xBC;
    trie[0x253 ^ 0x600 ^ 0xA1] = (0x800u << 10) | (1u << 8) | 0xA1;
    trie[0x4F2 ^ 0x800] = 0 | (1u << 31);
    const auto size = static_cast<std::uint32_t>(trie.size() * 4);
    std::string blob(reinterpret_cast<const char*>(&size), 4);
    blob.append(reinterpret_cast<const char*>(trie.data()), size);
    return blob + std::string("A\0", 2);
}

TEST(Normalizer, PrecompiledTablesReplaceCharacters)
{
    json description = {{"type", "Precompiled"}, {"precompiled_charsmap", base64(charsmap())}};
    const auto normalizer = makeNormalizer(description, "file");
    EXPECT_EQ(normalizer->normalize("aＡＢ Ａ"), "aAＢ A");
    // A grapheme of up to five bytes is replaced as a whole when its first part is found, as in Hugging
    // Face's.
    EXPECT_EQ(normalizer->normalize("Ａ\u0301"), "A");
    EXPECT_EQ(normalizer->normalize("Ａ\u0301\u0301"), "A\u0301\u0301");
    const AlignedText aligned = normalizer->normalize(AlignedText("xＡy"));
    EXPECT_EQ(aligned.origin(1, 2), (TextSpan{1, 4}));
    description["precompiled_charsmap"] = "####";
    test::expectError(ErrorKind::BadInput, "not Base64", [&] { makeNormalizer(description, "file"); });
    description["precompiled_charsmap"] = base64(std::string("\xff\xff\xff\xff", 4));
    test::expectError(ErrorKind::BadInput, "file: precompiled_charsmap: a trie of",
                      [&] { makeNormalizer(description, "file"); });
}

TEST(Normalizer, DamagedPrecompiledTablesDoNotCrash)
{
    const std::string whole = charsmap();
    Rng rng(2, "charsmap");
    for (int i = 0; i < 300; ++i) {
        std::string blob = whole;
        for (int damage = 0; damage < 40; ++damage)
            blob[rng.below(blob.size())] = static_cast<char>(rng.below(256));
        try {
            const json description = {{"type", "Precompiled"}, {"precompiled_charsmap", base64(blob)}};
            const std::string text = makeNormalizer(description, "file")->normalize("aＡＢ Ａ é中");
            EXPECT_TRUE(unicode::isValidUtf8(text));
        } catch (const Error&) {
        }
    }
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

TEST(PreTokenizer, SplitsAtRegularExpressions)
{
    const auto with = [](const char* behavior, const char* invert) {
        return split((std::string(R"({"type":"Split","pattern":{"Regex":"\\p{N}{1,2}"},"invert":)") + invert +
                      R"(,"behavior":")" + behavior + "\"}")
                         .c_str(),
                     "a123é4");
    };
    EXPECT_EQ(with("Isolated", "false"), (Pieces{"a", "12", "3", "é", "4"}));
    EXPECT_EQ(with("Removed", "false"), (Pieces{"a", "é"}));
    EXPECT_EQ(with("Removed", "true"), (Pieces{"12", "3", "4"}));
    EXPECT_EQ(with("MergedWithPrevious", "false"), (Pieces{"a12", "3", "é4"}));
    EXPECT_EQ(with("MergedWithNext", "false"), (Pieces{"a", "12", "3é", "4"}));
    EXPECT_EQ(with("Contiguous", "false"), (Pieces{"a", "123", "é", "4"}));
}

TEST(PreTokenizer, MetaspaceMarksWordBeginnings)
{
    const char* always = R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"always"})";
    EXPECT_EQ(split(always, "a  b"), (Pieces{"▁a", "▁", "▁b"}));
    EXPECT_EQ(split(always, " a"), (Pieces{"▁a"}));
    EXPECT_EQ(split(R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"never"})", "a b"),
              (Pieces{"a", "▁b"}));
    EXPECT_EQ(
        split(R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":false})", "a b"),
        (Pieces{"▁a▁b"}));
    EXPECT_EQ(split(R"({"type":"Metaspace","replacement":"_","add_prefix_space":false})", "a b"),
              (Pieces{"a", "_b"}));
    EXPECT_EQ(
        split(
            R"({"type":"Sequence","pretokenizers":[{"type":"Punctuation"},{"type":"Metaspace","prepend_scheme":"first"}]})",
            "a,b"),
        (Pieces{"▁a", ",", "b"}));
}

TEST(PreTokenizer, ByteLevelWritesBytesAsCharacters)
{
    EXPECT_EQ(split(R"({"type":"ByteLevel","add_prefix_space":false})", "a é\n"), (Pieces{"a", "ĠÃ©", "Ċ"}));
    EXPECT_EQ(split(R"({"type":"ByteLevel","add_prefix_space":true,"use_regex":false})", "a é"),
              (Pieces{"ĠaĠÃ©"}));
}

TEST(PreTokenizer, RewritingsCannotGrowTextWithoutBound)
{
    json sequence = {{"type", "Sequence"}, {"pretokenizers", json::array()}};
    for (int i = 0; i < 40; ++i)
        sequence["pretokenizers"].push_back({{"type", "ByteLevel"}});
    const auto preTokenizer = makePreTokenizer(sequence, "file");
    PieceText text{AlignedText("é é é")};
    test::expectError(ErrorKind::BadInput, "grow without bound", [&] { preTokenizer->split(text); });
}

std::string decode(const char* description, const std::vector<std::string_view>& tokens)
{
    return makeTokenDecoder(json::parse(description), "file").decode(tokens);
}

TEST(TokenDecoder, EachKindJoinsItsTokens)
{
    EXPECT_EQ(decode("null", {"a", "b"}), "a b");
    EXPECT_EQ(decode(R"({"type":"WordPiece","prefix":"##","cleanup":true})", {"do", "##n", "n't", "!"}),
              "donn't!");
    EXPECT_EQ(decode(R"({"type":"ByteLevel"})", {"a", "ĠÃ", "©", "Ã"}), "a é\uFFFD");
    EXPECT_EQ(decode(R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"always"})", {"▁a", "▁b"}),
              "a b");
    EXPECT_EQ(decode(R"({"type":"Metaspace","replacement":"▁","prepend_scheme":"never"})", {"▁a"}), " a");
    EXPECT_EQ(decode(R"({"type":"BPEDecoder","suffix":"</w>"})", {"a</w>", "b", "c</w>"}), "a bc");
}

TEST(TokenDecoder, LlamasStepsGiveBytesAndSpacesBack)
{
    const char* llama =
        R"({"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]})";
    EXPECT_EQ(decode(llama, {"▁▁a", "<0xC3>", "<0xA9>", "▁b"}), " aé b");
    EXPECT_EQ(decode(llama, {"<0xC3>", "<0xA9>", "<0xC3>", "b"}),
              "\uFFFD\uFFFD\uFFFDb"); // a run is valid as a whole
}

TEST(TokenDecoder, FaultsAreNamed)
{
    test::expectError(ErrorKind::BadInput, "\"start\" is -1",
                      [] { decode(R"({"type":"Strip","content":" ","start":-1})", {}); });
    test::expectError(ErrorKind::BadInput, "\"content\" is missing",
                      [] { decode(R"({"type":"Replace","pattern":{"String":"a"}})", {}); });
    json sequence = {{"type", "Sequence"}, {"decoders", json::array()}};
    for (int i = 0; i < 30; ++i)
        sequence["decoders"].push_back(
            {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", std::string(60, 'a')}});
    test::expectError(ErrorKind::BadInput, "grow without bound",
                      [&] { makeTokenDecoder(sequence, "file").decode({"aaaaaaaaaaaaaaaaaaaa"}); });
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
