#include "core/base/error.h"
#include "core/base/stopwatch.h"
#include "tests/core/text/tokenizer_fixture.h"
#include "tests/support/expect_error.h"
#include "tests/support/mutation.h"

namespace lora {
namespace {

using nlohmann::json;
using test::expectError;
using test::load;
using test::tokensOf;
using Tokens = std::vector<std::string>;

/// A tokenizer.json of a model alone.
json alone(const char* model)
{
    return {{"version", "1.0"}, {"model", json::parse(model)}};
}

TEST(BytePairs, TheEarliestMergeComesFirstWhereverItIs)
{
    const auto tokenizer =
        load(alone(R"({"type":"BPE","vocab":{"a":0,"b":1,"c":2,"ab":3,"bc":4,"abc":5,"aa":6},
                       "merges":["b c","a b","a bc","a a"]})"));
    EXPECT_EQ(tokensOf(*tokenizer, "abc"), (Tokens{"abc"}));
    EXPECT_EQ(tokensOf(*tokenizer, "abab"), (Tokens{"ab", "ab"}));
    EXPECT_EQ(tokensOf(*tokenizer, "aaa"), (Tokens{"aa", "a"})); // equal rank: from the left
    // Without an unknown token the character is lost before the merges, as in Hugging Face's tokenizers.
    EXPECT_EQ(tokensOf(*tokenizer, "axb"), (Tokens{"ab"}));
}

TEST(BytePairs, UnknownCharactersAreFusedWhenAsked)
{
    json document = alone(R"({"type":"BPE","vocab":{"?":0,"a":1},"merges":[],"unk_token":"?"})");
    EXPECT_EQ(tokensOf(*load(document), "xyaz"), (Tokens{"?", "?", "a", "?"}));
    document["model"]["fuse_unk"] = true;
    EXPECT_EQ(tokensOf(*load(document), "xyaz"), (Tokens{"?", "a", "?"}));
}

TEST(BytePairs, BytesStandInForUnknownCharacters)
{
    const auto tokenizer = load(alone(
        R"({"type":"BPE","vocab":{"?":0,"a":1,"<0xC3>":2,"<0xA9>":3},"merges":[],"unk_token":"?","byte_fallback":true})"));
    const Encoding encoding = tokenizer->encode("aéü");
    EXPECT_EQ(encoding.tokens, (Tokens{"a", "<0xC3>", "<0xA9>", "?"}));
    EXPECT_EQ(encoding.spans, (std::vector<TextSpan>{{0, 1}, {1, 3}, {1, 3}, {3, 5}}));
}

TEST(BytePairs, AWholeWordMaySkipMerging)
{
    json document = alone(R"({"type":"BPE","vocab":{"a":0,"b":1,"aba":2},"merges":[]})");
    EXPECT_EQ(tokensOf(*load(document), "aba"), (Tokens{"a", "b", "a"}));
    document["model"]["ignore_merges"] = true;
    EXPECT_EQ(tokensOf(*load(document), "aba"), (Tokens{"aba"}));
    EXPECT_EQ(tokensOf(*load(document), "abab"), (Tokens{"a", "b", "a", "b"}));
}

TEST(BytePairs, PrefixAndSuffixMarkPlacesInAWord)
{
    json document = alone(
        R"({"type":"BPE","vocab":{"a":0,"b</w>":1,"ab</w>":2,"a</w>":3},"merges":[["a","b</w>"]],"end_of_word_suffix":"</w>"})");
    document["pre_tokenizer"] = {{"type", "WhitespaceSplit"}};
    document["decoder"] = {{"type", "BPEDecoder"}, {"suffix", "</w>"}};
    const auto tokenizer = load(document);
    EXPECT_EQ(tokensOf(*tokenizer, "ab aa"), (Tokens{"ab</w>", "a", "a</w>"}));
    EXPECT_EQ(tokenizer->decode({2, 0, 3}), "ab aa");
    document = alone(
        R"({"type":"BPE","vocab":{"a":0,"##b":1,"##c":2,"ab":3,"##bc":4},"merges":[["##b","##c"],["a","##b"]],"continuing_subword_prefix":"##"})");
    EXPECT_EQ(tokensOf(*load(document), "abc"), (Tokens{"a", "##bc"}));
    EXPECT_EQ(tokensOf(*load(document), "ab"), (Tokens{"ab"}));
}

TEST(BytePairs, FaultyMergesAreNamed)
{
    const auto expectFault = [](const json& merges, const std::string& part) {
        json document = alone(R"({"type":"BPE","vocab":{"a":0,"b":1,"ab":2}})");
        document["model"]["merges"] = merges;
        expectError(ErrorKind::BadInput, part, [&] { load(document); });
        expectError(ErrorKind::BadInput, "tokenizer.json", [&] { load(document); });
    };
    expectFault(json::array({"a b", "a x"}), "merges: number 2 names \"x\"");
    expectFault(json::array({"b a"}), "number 1 names \"ba\"");
    expectFault(json::array({"ab"}), "\"merges\" number 1 must be two tokens");
    expectFault(json::array({"a b c"}), "must be two tokens");
    expectFault(json::array({json::array({"a"})}), "must be two tokens");
    expectFault(json::array({7}), "must be two tokens");
    expectFault("a b", "\"merges\" must be a list");
    expectFault(nullptr, "merges");
}

TEST(Unigram, TakesTheMostProbableCut)
{
    const auto tokenizer = load(alone(
        R"({"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-1],["b",-1],["ab",-1.5],["abc",-9],["c",-1],["bc",-0.1]]})"));
    EXPECT_EQ(tokensOf(*tokenizer, "abc"), (Tokens{"a", "bc"}));
    EXPECT_EQ(tokensOf(*tokenizer, "ab"), (Tokens{"ab"}));
    const Encoding encoding = tokenizer->encode("a中国b");
    EXPECT_EQ(encoding.tokens, (Tokens{"a", "<unk>", "b"})); // one unknown token for both
    EXPECT_EQ(encoding.spans, (std::vector<TextSpan>{{0, 1}, {1, 7}, {7, 8}}));
}

TEST(Unigram, AnUncoveredCharacterCostsTenMoreThanTheWorstPiece)
{
    // "xy" as a piece costs 25; x unknown and y known cost (20 + 10) + 1.
    const auto tokenizer = load(alone(
        R"({"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["y",-1],["xy",-25],["zy",-20],["w",-20]]})"));
    EXPECT_EQ(tokensOf(*tokenizer, "xy"), (Tokens{"xy"}));
    json document = alone(R"({"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["y",-1],["xy",-12]]})");
    EXPECT_EQ(tokensOf(*load(document), "xy"), (Tokens{"xy"}));
    document["model"]["vocab"] = json::parse(R"([["<unk>",0],["y",-1],["xy",-40]])");
    EXPECT_EQ(tokensOf(*load(document), "xy"), (Tokens{"xy"})); // the worst piece is 40, so unknown costs 50
}

TEST(Unigram, BytesStandInForUncoveredCharacters)
{
    const auto tokenizer = load(alone(
        R"({"type":"Unigram","unk_id":0,"byte_fallback":true,"vocab":[["<unk>",0],["a",-1],["<0xC3>",-9],["<0xA9>",-9]]})"));
    EXPECT_EQ(tokensOf(*tokenizer, "aéé"), (Tokens{"a", "<0xC3>", "<0xA9>", "<0xC3>", "<0xA9>"}));
    EXPECT_EQ(tokensOf(*tokenizer, "ü"), (Tokens{"<unk>"}));
}

TEST(Unigram, FaultyVocabulariesAreNamed)
{
    const auto expectFault = [](const char* model, const std::string& part) {
        expectError(ErrorKind::BadInput, part, [&] { load(alone(model)); });
        expectError(ErrorKind::BadInput, "tokenizer.json", [&] { load(alone(model)); });
    };
    expectFault(R"({"type":"Unigram","vocab":[]})", "\"vocab\" is empty");
    expectFault(R"({"type":"Unigram","vocab":{"a":1}})", "\"vocab\" must be a list");
    expectFault(R"({"type":"Unigram","vocab":[["a"]]})", "entry 0 must be a piece and its score");
    expectFault(R"({"type":"Unigram","vocab":[["a","b"]]})", "entry 0");
    expectFault(R"({"type":"Unigram","vocab":[["a",0]],"unk_id":1})", "\"unk_id\" is 1");
    expectFault(R"({"type":"Unigram","vocab":[["a",0]],"unk_id":-1})", "\"unk_id\" is -1");
    expectFault(R"({"type":"Unigram","vocab":[["a",0],["a",1]],"unk_id":0})", "twice");
    expectError(ErrorKind::BadInput, "no unknown token",
                [] { load(alone(R"({"type":"Unigram","vocab":[["a",0]]})"))->encode("b"); });
}

TEST(TokenModels, SequencesMayNotBeNestedWithoutEnd)
{
    const auto nested = [](const char* list, int depth) {
        json sequence = {{"type", "Sequence"}, {list, json::array()}};
        for (int i = 0; i < depth; ++i)
            sequence = {{"type", "Sequence"}, {list, json::array({sequence})}};
        return sequence;
    };
    const std::pair<const char*, const char*> parts[] = {{"normalizer", "normalizers"},
                                                         {"pre_tokenizer", "pretokenizers"},
                                                         {"post_processor", "processors"},
                                                         {"decoder", "decoders"}};
    for (const auto& [part, list] : parts) {
        json document = alone(R"({"type":"BPE","vocab":{"a":0},"merges":[]})");
        document[part] = nested(list, 10);
        EXPECT_NO_THROW(load(document)) << part;
        document[part] = nested(list, 300);
        expectError(ErrorKind::BadInput, "", [&] { load(document); });
    }
}

TEST(TokenModels, CostlyExpressionsStopInsteadOfRunningOn)
{
    json document = alone(R"({"type":"BPE","vocab":{"a":0},"merges":[]})");
    document["pre_tokenizer"] = {
        {"type", "Split"}, {"pattern", {{"Regex", "(a+)+(a+)+(a+)+b"}}}, {"behavior", "Isolated"}};
    const auto tokenizer = load(document);
    const Stopwatch watch;
    expectError(ErrorKind::BadInput, "cannot be used", [&] { tokenizer->encode(std::string(5000, 'a')); });
    EXPECT_LT(watch.seconds(), 20.0);
    document["pre_tokenizer"]["pattern"]["Regex"] = "(";
    expectError(ErrorKind::BadInput, "pre_tokenizer Split pattern", [&] { load(document); });
}

TEST(TokenModels, DamagedByteLevelFilesLoadOrAreRefused)
{
    json document = alone(R"({"type":"BPE","vocab":{"Ġ":0,"a":1,"b":2,"Ġa":3,"<0xC3>":4},"merges":["Ġ a"],
        "unk_token":null,"fuse_unk":false,"byte_fallback":true,"ignore_merges":true})");
    document["added_tokens"] = json::parse(R"([{"id":9,"content":"<e>","special":true}])");
    document["normalizer"] = json::parse(
        R"({"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"[xy]+"},"content":"z"},{"type":"Prepend","prepend":"a"}]})");
    document["pre_tokenizer"] = json::parse(
        R"({"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{N}{1,3}|."},"behavior":"Isolated","invert":false},{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}]})");
    document["post_processor"] =
        json::parse(R"({"type":"Sequence","processors":[{"type":"ByteLevel","trim_offsets":true}]})");
    document["decoder"] = json::parse(
        R"({"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"a"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0},{"type":"ByteLevel"}]})");
    const std::string whole = document.dump(1);
    const test::TemporaryFolder folder;
    Rng rng(5, "bpe");
    int loaded = 0;
    int refused = 0;
    for (int i = 0; i < 400; ++i) {
        const std::string name = std::to_string(i);
        std::filesystem::create_directory(folder.path() / name);
        folder.write(name + "/tokenizer.json", i == 0 ? whole : test::mutated(whole, rng));
        try {
            const auto tokenizer = loadTokenizer(folder.path() / name);
            const Encoding encoding = tokenizer->encode("ab 中é 123<e>", "xyz", SpecialTokens::Add, 12);
            tokenizer->decode(encoding.ids);
            ASSERT_EQ(encoding.spans.size(), encoding.ids.size());
            ++loaded;
        } catch (const Error&) {
            ASSERT_NE(i, 0);
            ++refused;
        }
    }
    EXPECT_GT(loaded, 5);
    EXPECT_GT(refused, 100);
}

} // namespace
} // namespace lora
