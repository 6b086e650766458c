#include "core/base/error.h"
#include "core/text/vocabulary_builder.h"
#include "tests/core/text/random_text.h"
#include "tests/core/text/tokenizer_fixture.h"
#include "tests/support/assets.h"
#include "tests/support/expect_error.h"

#include <rapidcheck/gtest.h>

namespace lora {
namespace {

using nlohmann::json;
using test::load;
using test::smallTokenizer;

std::vector<std::string> surfaces(const Tokenizer& tokenizer, const std::string& text)
{
    const Encoding encoding = tokenizer.encode(text, std::nullopt, SpecialTokens::Omit, 0);
    std::vector<std::string> out;
    for (const TextSpan& span : encoding.spans)
        out.push_back(text.substr(span.begin, span.end - span.begin));
    return out;
}

using Surfaces = std::vector<std::string>;

TEST(Spans, SurviveWhatBertDoesToText)
{
    const auto tokenizer = load(smallTokenizer());
    EXPECT_EQ(surfaces(*tokenizer, "  CAFÉ cafe\u0301中Words,[MASK]A"),
              (Surfaces{"CAFÉ", "cafe", "中", "Word", "s", ",", "[MASK]", "A"}));
    EXPECT_EQ(surfaces(*tokenizer, "wo\u200Brd \xff a"), (Surfaces{"wo\u200Brd", "a"}));
}

TEST(Spans, TellTextPairAndSpecialTokensApart)
{
    const Encoding encoding = load(smallTokenizer())->encode("a", "word, a", SpecialTokens::Add, 0);
    EXPECT_EQ(encoding.sequenceIds, (std::vector<std::int8_t>{-1, 0, -1, 1, 1, 1, -1}));
    EXPECT_EQ(encoding.spans,
              (std::vector<TextSpan>{{0, 0}, {0, 1}, {0, 0}, {0, 4}, {4, 5}, {6, 7}, {0, 0}}));
}

json metaspaceTokenizer()
{
    return json::parse(R"({"version":"1.0","added_tokens":[],
        "normalizer":{"type":"NFKC"},
        "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},
        "decoder":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always"},
        "model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁",-3],["▁hello",-1],["fi",-2],["▁w",-2],["orld",-2]]}})");
}

TEST(Spans, OfSentencepieceTokensIncludeTheSpaceBefore)
{
    const auto tokenizer = load(metaspaceTokenizer());
    EXPECT_EQ(surfaces(*tokenizer, "hello world ﬁ中é"), (Surfaces{"hello", " w", "orld", " ", "ﬁ", "中é"}));
    EXPECT_EQ(tokenizer->decode(tokenizer->encode("hello world").ids), "hello world");
}

void checkSpans(const Tokenizer& tokenizer, const std::string& text)
{
    const Encoding encoding = tokenizer.encode(text, std::nullopt, SpecialTokens::Add, 0);
    TextSpan last;
    for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
        const TextSpan span = encoding.spans[i];
        if (encoding.isSpecial[i]) {
            RC_ASSERT(span == TextSpan());
            continue;
        }
        RC_ASSERT(span.begin <= span.end);
        RC_ASSERT(span.end <= text.size());
        RC_ASSERT(span.begin >= last.begin);
        RC_ASSERT(span.end >= last.end);
        const auto isBoundary = [&](std::size_t at) {
            return at == text.size() || (text[at] & 0xC0) != 0x80;
        };
        RC_ASSERT(isBoundary(span.begin));
        RC_ASSERT(isBoundary(span.end));
        last = span;
    }
}

RC_GTEST_PROP(SpanProperties, AreOrderedAndOnCharacters, ())
{
    static const auto bert = load(smallTokenizer());
    static const auto unigram = load(metaspaceTokenizer());
    const std::string text = *test::randomText();
    checkSpans(*bert, text);
    checkSpans(*unigram, text);
}

RC_GTEST_PROP(SpanProperties, ByteLevelSpansCoverEveryByte, ())
{
    static const auto tokenizer = [] {
        const test::TemporaryFolder folder;
        const std::vector<std::string> texts(3, "the cat sat on the mat 中文 é");
        writeBytePairTokenizer(folder.path(), buildBytePairVocabulary(texts, 280, {}), {});
        return loadTokenizer(folder.path());
    }();
    const std::string text = *test::randomText();
    checkSpans(*tokenizer, text);
    std::uint32_t covered = 0;
    for (const TextSpan& span : tokenizer->encode(text).spans) {
        RC_ASSERT(span.begin <= covered);
        covered = std::max(covered, span.end);
    }
    RC_ASSERT(covered == text.size());
}

RC_GTEST_PROP(SpanProperties, ThoseOfRealTokenizersHoldToo, ())
{
    if (!std::filesystem::exists(test::assetsFolder() / "assets/tokenizers/llama2"))
        return;
    static const auto llama = loadTokenizer(test::assetsFolder() / "assets/tokenizers/llama2");
    static const auto stories = loadTokenizer(test::assetsFolder() / "assets/models/llama-stories260k");
    const std::string text = *test::randomText();
    checkSpans(*llama, text);
    checkSpans(*stories, text);
}

RC_GTEST_PROP(SpanProperties, AWordFromItsSpansReadsTheSameAlone, ())
{
    static const auto tokenizer = load(smallTokenizer());
    const auto words = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a", "abc", "Words", "CAFÉ", "中", ",", "ab"));
    std::string text;
    for (const std::string& word : words)
        text += word + " ";
    const Encoding encoding = tokenizer->encode(text, std::nullopt, SpecialTokens::Omit, 0);
    for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
        if (encoding.tokens[i].starts_with("##"))
            continue;
        std::uint32_t end = encoding.spans[i].end;
        std::vector<std::int32_t> ids = {encoding.ids[i]};
        for (std::size_t j = i + 1; j < encoding.ids.size() && encoding.tokens[j].starts_with("##"); ++j) {
            ids.push_back(encoding.ids[j]);
            end = encoding.spans[j].end;
        }
        const std::string word = text.substr(encoding.spans[i].begin, end - encoding.spans[i].begin);
        RC_ASSERT(tokenizer->encode(word, std::nullopt, SpecialTokens::Omit, 0).ids == ids);
    }
}

TEST(Spans, RobertaTrimsSpacesGpt2KeepsThem)
{
    json document = json::parse(
        R"({"added_tokens":[{"id":0,"content":"<s>","special":true},{"id":1,"content":"</s>","special":true}],
        "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":true},
        "post_processor":{"type":"RobertaProcessing","sep":["</s>",1],"cls":["<s>",0],"trim_offsets":true,"add_prefix_space":true},
        "decoder":{"type":"ByteLevel"},
        "model":{"type":"BPE","vocab":{"<s>":0,"</s>":1,"Ġ":2,"a":3,"b":4,"Ġa":5,"Ġb":6},"merges":["Ġ a",["Ġ","b"]]}})");
    const auto roberta = load(document);
    const Encoding pair = roberta->encode("a b", "b", SpecialTokens::Add, 0);
    EXPECT_EQ(pair.ids, (std::vector<std::int32_t>{0, 5, 6, 1, 1, 6, 1}));
    EXPECT_EQ(pair.typeIds, (std::vector<std::int32_t>(7, 0)));
    EXPECT_EQ(surfaces(*roberta, "a b"), (Surfaces{"a", "b"}));
    document["post_processor"]["trim_offsets"] = false;
    EXPECT_EQ(surfaces(*load(document), "a b"), (Surfaces{"a", " b"}));
}

TEST(Windows, HoldTheWholeTextAndOverlappingPartsOfThePair)
{
    const auto tokenizer = load(smallTokenizer());
    const auto windows = tokenizer->encodeWindows("a word", "a , . a , . a", 9, 1);
    // room for 4 of 7 tokens, steps of 3
    ASSERT_EQ(windows.size(), 2u);
    EXPECT_EQ(windows[0].ids, (std::vector<std::int32_t>{2, 5, 8, 3, 5, 10, 11, 5, 3}));
    EXPECT_EQ(windows[1].ids, (std::vector<std::int32_t>{2, 5, 8, 3, 5, 10, 11, 5, 3}));
    EXPECT_EQ(windows[1].spans[4], (TextSpan{6, 7}));
    EXPECT_EQ(windows[1].sequenceIds[4], 1);
    EXPECT_TRUE(windows[0].isTruncated);
    const auto whole = tokenizer->encodeWindows("a", "a", 5, 0);
    ASSERT_EQ(whole.size(), 1u);
    EXPECT_FALSE(whole[0].isTruncated);
}

RC_GTEST_PROP(WindowProperties, CoverEveryTokenOfThePair, ())
{
    static const auto tokenizer = load(smallTokenizer());
    const int length = *rc::gen::inRange(0, 60);
    const int maxLength = *rc::gen::inRange(5, 40);
    const int stride = *rc::gen::inRange(0, maxLength - 4);
    std::string pair;
    for (int i = 0; i < length; ++i)
        pair += "a ";
    const auto windows = tokenizer->encodeWindows("a", pair, maxLength, stride);
    const Encoding whole = tokenizer->encode("a", pair, SpecialTokens::Add, 0);
    std::uint32_t next = 0; // the first byte of the pair not yet seen
    for (std::size_t w = 0; w < windows.size(); ++w) {
        const Encoding& window = windows[w];
        RC_ASSERT(window.ids.size() <= static_cast<std::size_t>(maxLength));
        std::size_t shared = 0;
        for (std::size_t i = 0; i < window.ids.size(); ++i) {
            if (window.sequenceIds[i] != 1)
                continue;
            RC_ASSERT(window.spans[i].begin <= next);
            shared += window.spans[i].begin < next;
            next = std::max(next, window.spans[i].end + 1);
        }
        RC_ASSERT(w == 0 || shared == static_cast<std::size_t>(stride));
    }
    RC_ASSERT(next == pair.size());
    RC_ASSERT(windows.size() > 1 || windows[0].ids == whole.ids);
}

TEST(Windows, WithoutRoomAreRefused)
{
    const auto tokenizer = load(smallTokenizer());
    test::expectError(ErrorKind::BadUsage, "leaves room for 0 tokens",
                      [&] { tokenizer->encodeWindows("a word", "a a", 5, 0); });
    test::expectError(ErrorKind::BadUsage, "stride of 3",
                      [&] { tokenizer->encodeWindows("a word", "a a a a a", 8, 3); });
    test::expectError(ErrorKind::BadUsage, "", [&] { tokenizer->encodeWindows("a", "a", 0, 0); });
    test::expectError(ErrorKind::BadUsage, "", [&] { tokenizer->encodeWindows("a", "a a a", 5, -1); });
}

} // namespace
} // namespace lora
