#include "core/text/vocabulary_builder.h"

#include "core/base/stopwatch.h"
#include "core/io/atomic_file.h"
#include "core/text/tokenizer.h"
#include "tests/support/assets.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

#include <algorithm>
#include <set>

namespace lora {
namespace {

const std::vector<std::string> Lines = {
    "the lower the better", "lowest and newest", "The widest, the lowest.",
    "a newer LOWER step",   "Café café",         "better newer wider"};

TEST(VocabularyBuilder, StartsWithSpecialTokensAndCharacters)
{
    const auto pieces = buildWordPieceVocabulary(Lines, 60);
    ASSERT_GE(pieces.size(), 20u);
    EXPECT_EQ((std::vector<std::string>(pieces.begin(), pieces.begin() + 5)),
              (std::vector<std::string>{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}));
    EXPECT_EQ(std::set<std::string>(pieces.begin(), pieces.end()).size(), pieces.size());
}

TEST(VocabularyBuilder, FrequentWordsEndUpWholeAndRareCharactersAreLeftOut)
{
    const auto pieces = buildWordPieceVocabulary(Lines, 200);
    const std::set<std::string> all(pieces.begin(), pieces.end());
    for (const char* piece : {"the", "lower", "newer", "cafe", "##er"})
        EXPECT_TRUE(all.contains(piece)) << piece;
    EXPECT_FALSE(all.contains(",")); // once only
    EXPECT_LT(pieces.size(), 200u);  // nothing left to merge
}

TEST(VocabularyBuilder, TheMostFrequentPairIsMergedFirst)
{
    // "ab" 5 times, "cd" 3 times: room for one merge takes "ab".
    const std::vector<std::string> lines = {"ab ab ab ab ab", "cd cd cd"};
    const auto pieces = buildWordPieceVocabulary(lines, 5 + 4 + 1);
    EXPECT_EQ(pieces.back(), "ab");
    const auto more = buildWordPieceVocabulary(lines, 5 + 4 + 2);
    EXPECT_EQ(more.back(), "cd");
}

TEST(VocabularyBuilder, CountsStayRightThroughMerges)
{
    // After a+b and ab+c nothing of "abc" is left, so "bc" must not be merged from its stale count.
    const std::vector<std::string> lines = {"abc abc abc abc", "xy xy"};
    const auto pieces = buildWordPieceVocabulary(lines, 100);
    const std::vector<std::string> merged(pieces.begin() + 5 + 5, pieces.end());
    EXPECT_EQ(merged, (std::vector<std::string>{"ab", "abc", "xy"}));
}

TEST(VocabularyBuilder, TooFewPiecesForTheCharactersAreRefused)
{
    test::expectError(ErrorKind::BadUsage, "too small", [] { buildWordPieceVocabulary(Lines, 10); });
}

TEST(VocabularyBuilder, WrittenTokenizersAreReadBackTheSameFromBothForms)
{
    const test::TemporaryFolder folder;
    const auto pieces = buildWordPieceVocabulary(Lines, 60);
    writeWordPieceTokenizer(folder.path(), pieces, 128);
    const auto fromJson = loadTokenizer(folder.path());
    EXPECT_EQ(fromJson->vocabularySize(), static_cast<std::int64_t>(pieces.size()));
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        EXPECT_EQ(fromJson->tokenOf(static_cast<std::int32_t>(i)), pieces[i]);
        EXPECT_EQ(fromJson->idOf(pieces[i]), static_cast<std::int32_t>(i));
    }
    EXPECT_EQ(fromJson->padId(), 0);
    EXPECT_EQ(fromJson->maskId(), 4);
    std::filesystem::remove(folder / "tokenizer.json");
    const auto fromText = loadTokenizer(folder.path());
    for (const std::string& line : Lines) {
        const Encoding a = fromJson->encode(line, "the [MASK] café", SpecialTokens::Add, 0);
        const Encoding b = fromText->encode(line, "the [MASK] café", SpecialTokens::Add, 0);
        EXPECT_EQ(a.tokens, b.tokens);
        EXPECT_EQ(a.typeIds, b.typeIds);
        EXPECT_EQ(a.ids.front(), 2);
        EXPECT_EQ(a.ids.back(), 3);
    }
}

TEST(VocabularyBuilder, ARealTextGivesAVocabularyThatCoversIt)
{
    SKIP_WITHOUT_ASSETS();
    std::vector<std::string> lines;
    std::istringstream file(readFile(test::assetsFolder() / "assets/datasets/sst2/train.tsv"));
    for (std::string line; lines.size() < 20'000 && std::getline(file, line);)
        lines.push_back(line.substr(0, line.find('\t')));
    const auto pieces = buildWordPieceVocabulary(lines, 4000);
    EXPECT_EQ(pieces.size(), 4000u);
    EXPECT_EQ(pieces, buildWordPieceVocabulary(lines, 4000));
    const test::TemporaryFolder folder;
    writeWordPieceTokenizer(folder.path(), pieces);
    const auto tokenizer = loadTokenizer(folder.path());
    std::size_t words = 0;
    std::size_t tokens = 0;
    std::size_t unknown = 0;
    for (const std::string& line : lines) {
        words += static_cast<std::size_t>(std::count(line.begin(), line.end(), ' '));
        for (const std::int32_t id : tokenizer->encode(line, std::nullopt, SpecialTokens::Omit, 0).ids) {
            ++tokens;
            unknown += id == 1;
        }
    }
    EXPECT_LT(unknown, tokens / 10'000);
    EXPECT_LT(tokens, words * 14 / 10);
}

TEST(BytePairBuilder, FrequentWordsBecomeTokens)
{
    const std::vector<std::string> texts(5, "the cat the mat<|e|>the rat\n");
    const BytePairVocabulary made = buildBytePairVocabulary(texts, 300, {"<|e|>"});
    const auto has = [&](const char* piece) {
        return std::find(made.pieces.begin(), made.pieces.end(), piece) != made.pieces.end();
    };
    EXPECT_EQ(made.pieces.front(), "<|e|>");
    EXPECT_TRUE(has("Ġthe"));
    EXPECT_TRUE(has("Ġcat"));
    EXPECT_FALSE(has("<|")); // special tokens teach nothing
    EXPECT_LE(made.pieces.size(), 300u);
    // "at" and "he" are the most frequent; the first in the alphabet wins.
    EXPECT_EQ(made.merges.front(), (std::pair<std::string, std::string>("a", "t")));
    EXPECT_EQ(made.pieces.size(), 257 + made.merges.size());
}

TEST(BytePairBuilder, TheFolderLoadsAndEncodes)
{
    const std::vector<std::string> texts(5, "the cat sat on the mat, it's café\n");
    const BytePairVocabulary made = buildBytePairVocabulary(texts, 290, {"<|endoftext|>", "<|pad|>"});
    const test::TemporaryFolder folder;
    writeBytePairTokenizer(folder.path(), made, {{"eos_token", "<|endoftext|>"}, {"pad_token", "<|pad|>"}},
                           256);
    const auto tokenizer = loadTokenizer(folder.path());
    EXPECT_EQ(tokenizer->vocabularySize(), static_cast<std::int64_t>(made.pieces.size()));
    EXPECT_EQ(tokenizer->eosId(), 0);
    EXPECT_EQ(tokenizer->padId(), 1);
    const Encoding encoding = tokenizer->encode("the café<|endoftext|>");
    EXPECT_EQ(encoding.ids.back(), 0);
    EXPECT_EQ(tokenizer->decode(encoding.ids), "the café");
    for (const std::int32_t id : encoding.ids)
        EXPECT_EQ(tokenizer->tokenOf(id), made.pieces[static_cast<std::size_t>(id)]);
}

TEST(BytePairBuilder, ImpossibleWishesAreRefused)
{
    const std::vector<std::string> texts = {"a"};
    test::expectError(ErrorKind::BadUsage, "need 257", [&] { buildBytePairVocabulary(texts, 200, {"<e>"}); });
    test::expectError(ErrorKind::BadUsage, "distinct", [&] {
        buildBytePairVocabulary(texts, 300, {"<e>", "<e>"});
    });
    test::expectError(ErrorKind::BadUsage, "eos_token", [&] {
        writeBytePairTokenizer(".", buildBytePairVocabulary(texts, 300, {"<e>"}), {{"eos_token", "<x>"}});
    });
}

TEST(BytePairBuilder, TwoMegabytesTakeSeconds)
{
    SKIP_WITHOUT_ASSETS();
    const std::string all =
        readFile(test::assetsFolder() / "assets/datasets/sst2/train.tsv").substr(0, 2 << 20);
    const std::vector<std::string> texts = {all};
    const Stopwatch watch;
    const BytePairVocabulary made = buildBytePairVocabulary(texts, 4000, {"<|endoftext|>"});
    RecordProperty("seconds", std::to_string(watch.seconds()));
    EXPECT_EQ(made.pieces.size(), 4000u);
    EXPECT_LT(watch.seconds(), 30.0);
    EXPECT_EQ(made.pieces, buildBytePairVocabulary(texts, 4000, {"<|endoftext|>"}).pieces);
}

} // namespace
} // namespace lora
