#include "core/text/tokenizer.h"

#include "core/base/stopwatch.h"
#include "core/io/atomic_file.h"
#include "core/io/json_text.h"
#include "tests/support/assets.h"
#include "tests/support/temporary_folder.h"

#include <nlohmann/json.hpp>

namespace lora {
namespace {

namespace fs = std::filesystem;

/// A copy of a tokenizer's folder without its tokenizer.json, so that vocab.txt is read.
class FolderWithoutTokenizerJson
{
public:
    explicit FolderWithoutTokenizerJson(const fs::path& source)
    {
        for (const char* name : {"vocab.txt", "tokenizer_config.json", "special_tokens_map.json"})
            fs::copy_file(source / name, m_folder / name);
    }
    const fs::path& path() const { return m_folder.path(); }

private:
    test::TemporaryFolder m_folder;
};

std::vector<std::string> sentences(const fs::path& table)
{
    std::vector<std::string> out;
    std::istringstream lines(readFile(table));
    std::string line;
    for (std::getline(lines, line); std::getline(lines, line);)
        out.push_back(line.substr(0, line.find('\t')));
    return out;
}

void expectVectors(const Tokenizer& tokenizer, const fs::path& vectors)
{
    const nlohmann::json document = readJsonFile(vectors);
    int agreeing = 0;
    for (const nlohmann::json& vector : document["cases"]) {
        const auto text = vector["text"].get<std::string>();
        const Encoding encoding = tokenizer.encode(text, std::nullopt, SpecialTokens::Omit, 0);
        EXPECT_EQ(encoding.ids, vector["ids"].get<std::vector<std::int32_t>>()) << text;
        agreeing += encoding.ids == vector["ids"].get<std::vector<std::int32_t>>();
    }
    EXPECT_EQ(agreeing, 46);
}

TEST(Tokenizer, AllVectorsOfBertBaseUncasedAgree)
{
    SKIP_WITHOUT_ASSETS();
    const fs::path folder = test::assetsFolder() / "assets/tokenizers/bert-base-uncased";
    expectVectors(*loadTokenizer(folder), folder / "vectors/vectors.json");
}

TEST(Tokenizer, AllVectorsOfGpt2Agree)
{
    SKIP_WITHOUT_ASSETS();
    const fs::path folder = test::assetsFolder() / "assets/tokenizers/gpt2";
    expectVectors(*loadTokenizer(folder), folder / "vectors/vectors.json");
}

TEST(Tokenizer, AllVectorsAgreeThroughVocabTxtToo)
{
    SKIP_WITHOUT_ASSETS();
    const fs::path folder = test::assetsFolder() / "assets/tokenizers/bert-base-uncased";
    const FolderWithoutTokenizerJson copy(folder);
    const auto tokenizer = loadTokenizer(copy.path());
    expectVectors(*tokenizer, folder / "vectors/vectors.json");
    EXPECT_EQ(tokenizer->vocabularySize(), 30522);
    EXPECT_EQ(tokenizer->maskId(), 103);
    EXPECT_EQ(tokenizer->padId(), 0);
}

TEST(Tokenizer, TokenizerJsonAndVocabTxtAgreeOnSentences)
{
    SKIP_WITHOUT_ASSETS();
    const fs::path folder = test::assetsFolder() / "assets/models/english-encoder-small";
    const FolderWithoutTokenizerJson copy(folder);
    const auto fromJson = loadTokenizer(folder);
    const auto fromText = loadTokenizer(copy.path());
    EXPECT_EQ(fromJson->vocabularySize(), fromText->vocabularySize());
    std::size_t compared = 0;
    for (const std::string& sentence : sentences(test::assetsFolder() / "assets/datasets/sst2/dev.tsv")) {
        ASSERT_EQ(fromJson->encode(sentence).ids, fromText->encode(sentence).ids) << sentence;
        ++compared;
    }
    EXPECT_GT(compared, 6000u);
}

TEST(Tokenizer, SixtyThousandSentencesTakeSeconds)
{
    SKIP_WITHOUT_ASSETS();
    const auto tokenizer = loadTokenizer(test::assetsFolder() / "assets/models/english-encoder-small");
    const auto texts = sentences(test::assetsFolder() / "assets/datasets/sst2/train.tsv");
    ASSERT_GT(texts.size(), 60'000u);
    const Stopwatch watch;
    std::size_t tokens = 0;
    for (const std::string& text : texts)
        tokens += tokenizer->encode(text, std::nullopt, SpecialTokens::Add, 128).ids.size();
    EXPECT_GT(tokens, 500'000u);
    RecordProperty("seconds", std::to_string(watch.seconds()));
    EXPECT_LT(watch.seconds(), 10.0); // measured 0.3 s; slack for busy machines and sanitizers
}

TEST(Tokenizer, WordLevelVocabularyOfARealModelIsRead)
{
    SKIP_WITHOUT_ASSETS();
    const auto tokenizer = loadTokenizer(test::assetsFolder() / "assets/models/gpt2-capp");
    EXPECT_EQ(tokenizer->vocabularySize(), 53);
    EXPECT_EQ(tokenizer->padId(), 52);
    const Encoding encoding = tokenizer->encode("<SOS>geometry_pure_axisymmetric;no such step<EOS>");
    EXPECT_EQ(encoding.ids, (std::vector<std::int32_t>{49, 0, 52, 51}));
}

} // namespace
} // namespace lora
