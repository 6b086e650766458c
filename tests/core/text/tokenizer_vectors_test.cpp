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

/// A copy of a tokenizer's folder without its tokenizer.json, so that the older files are read.
class FolderWithoutTokenizerJson
{
public:
    explicit FolderWithoutTokenizerJson(const fs::path& source)
    {
        for (const char* name :
             {"vocab.txt", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt"})
            if (fs::exists(source / name))
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

TEST(Tokenizer, AllVectorsOfGpt2AgreeThroughVocabularyAndMergesToo)
{
    SKIP_WITHOUT_ASSETS();
    const fs::path folder = test::assetsFolder() / "assets/tokenizers/gpt2";
    const FolderWithoutTokenizerJson copy(folder);
    const auto tokenizer = loadTokenizer(copy.path());
    expectVectors(*tokenizer, folder / "vectors/vectors.json");
    EXPECT_EQ(tokenizer->eosId(), 50256);
    EXPECT_EQ(tokenizer->bosId(), 50256);
    EXPECT_EQ(tokenizer->padId(), std::nullopt);
    EXPECT_EQ(tokenizer->encode("a<|endoftext|>").ids, (std::vector<std::int32_t>{64, 50256}));
}

TEST(Tokenizer, AllVectorsOfLlama2Agree)
{
    SKIP_WITHOUT_ASSETS();
    const fs::path folder = test::assetsFolder() / "assets/tokenizers/llama2";
    const auto tokenizer = loadTokenizer(folder);
    expectVectors(*tokenizer, folder / "vectors/vectors.json");
    EXPECT_EQ(tokenizer->vocabularySize(), 32000);
    EXPECT_EQ(tokenizer->bosId(), 1);
    EXPECT_EQ(tokenizer->eosId(), 2);
    const nlohmann::json prompts = readJsonFile(folder / "vectors/llama2c_prompts.json");
    ASSERT_EQ(prompts["cases"].size(), 5u);
    for (const nlohmann::json& prompt : prompts["cases"])
        EXPECT_EQ(tokenizer->encode(prompt["text"].get<std::string>()).ids,
                  prompt["ids"].get<std::vector<std::int32_t>>());
}

TEST(Tokenizer, LlamaTokenizerJsonDecodesWhatItsModelWrote)
{
    SKIP_WITHOUT_ASSETS();
    const fs::path folder = test::assetsFolder() / "assets/models/llama-stories260k";
    const auto tokenizer = loadTokenizer(folder);
    const nlohmann::json reference = readJsonFile(folder / "reference.json");
    const auto ids = reference["greedy_ids"].get<std::vector<std::int32_t>>();
    const auto text = reference["greedy_text"].get<std::string>();
    EXPECT_EQ(tokenizer->decode(ids), text);
    EXPECT_EQ(tokenizer->encode(reference["prompt"].get<std::string>()).ids,
              reference["prompt_ids"].get<std::vector<std::int32_t>>());
    StreamDecoder stream(*tokenizer);
    std::string streamed;
    for (const std::int32_t id : ids)
        streamed += stream.push(id);
    EXPECT_EQ(streamed + stream.finish(), text);
    EXPECT_EQ(tokenizer->bosId(), 1);
    EXPECT_EQ(tokenizer->eosId(), 2);
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

TEST(Tokenizer, OneLetterTokensOfTheSortingModelAreRead)
{
    SKIP_WITHOUT_ASSETS();
    const auto tokenizer = loadTokenizer(test::assetsFolder() / "assets/models/gpt2-nano-sort");
    EXPECT_EQ(tokenizer->encode("CABBAC").ids, (std::vector<std::int32_t>{2, 0, 1, 1, 0, 2}));
    EXPECT_EQ(tokenizer->vocabularySize(), 3);
    EXPECT_EQ(tokenizer->eosId(), std::nullopt);
}

TEST(Tokenizer, WordLevelVocabularyOfARealModelIsRead)
{
    SKIP_WITHOUT_ASSETS();
    const auto tokenizer = loadTokenizer(test::assetsFolder() / "assets/models/gpt2-capp");
    EXPECT_EQ(tokenizer->vocabularySize(), 53);
    EXPECT_EQ(tokenizer->padId(), 52);
    const Encoding encoding = tokenizer->encode("<SOS>geometry_pure_axisymmetric;no such step<EOS>");
    EXPECT_EQ(encoding.ids, (std::vector<std::int32_t>{49, 0, 52, 51}));
    EXPECT_EQ(tokenizer->bosId(), 49);
    EXPECT_EQ(tokenizer->eosId(), 51);
}

} // namespace
} // namespace lora
