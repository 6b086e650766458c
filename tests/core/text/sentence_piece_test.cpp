#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/io/atomic_file.h"
#include "tests/core/text/random_text.h"
#include "tests/core/text/tokenizer_fixture.h"
#include "tests/support/assets.h"
#include "tests/support/expect_error.h"
#include "tests/support/mutation.h"

#include <rapidcheck/gtest.h>

namespace lora {
namespace {

namespace fs = std::filesystem;

fs::path llamaFolder()
{
    return test::assetsFolder() / "assets/tokenizers/llama2";
}

TEST(SentencePiece, SettingsBesideTheModelAreFollowed)
{
    SKIP_WITHOUT_ASSETS();
    const test::TemporaryFolder folder;
    fs::copy_file(llamaFolder() / "tokenizer.model", folder.path() / "tokenizer.model");
    folder.write("tokenizer_config.json",
                 R"({"add_bos_token":false,"add_eos_token":true,"tokenizer_class":"LlamaTokenizer",
                     "chat_template":"{{ messages }}","pad_token":"<pad>",
                     "added_tokens_decoder":{"32000":{"content":"<pad>","special":true}}})");
    const auto tokenizer = loadTokenizer(folder.path());
    EXPECT_EQ(tokenizer->encode("a").ids, (std::vector<std::int32_t>{263, 2}));
    EXPECT_EQ(tokenizer->encode("a", "a", SpecialTokens::Add, 0).typeIds,
              (std::vector<std::int32_t>{0, 0, 1, 1}));
    EXPECT_EQ(tokenizer->chatTemplate(), "{{ messages }}");
    EXPECT_EQ(tokenizer->padId(), 32000);
    EXPECT_EQ(tokenizer->vocabularySize(), 32001);
    EXPECT_EQ(tokenizer->encode("a</s>").ids, (std::vector<std::int32_t>{263, 2, 2}));
    folder.write("tokenizer_config.json", R"({"tokenizer_class":"T5Tokenizer"})");
    test::expectError(ErrorKind::Unsupported, "T5Tokenizer", [&] { loadTokenizer(folder.path()); });
}

TEST(SentencePiece, SpansAreOfTheTextAsGiven)
{
    SKIP_WITHOUT_ASSETS();
    const std::string text = "Hello  é 中\U0001F999!";
    const auto tokenizer = loadTokenizer(llamaFolder());
    const Encoding encoding = tokenizer->encode(text, std::nullopt, SpecialTokens::Omit, 0);
    std::string joined;
    std::uint32_t end = 0;
    for (const TextSpan& span : encoding.spans) {
        if (span.begin >= end) // the bytes of one character share its span
            joined += text.substr(span.begin, span.end - span.begin);
        end = std::max(end, span.end);
    }
    EXPECT_EQ(joined, text);
}

RC_GTEST_PROP(SentencePieceProperties, DecodingGivesTheTextBack, ())
{
    if (!fs::exists(llamaFolder()))
        return;
    static const auto llama = loadTokenizer(llamaFolder());
    static const auto stories = loadTokenizer(test::assetsFolder() / "assets/models/llama-stories260k");
    const std::string text = *test::randomText();
    // "▁" is how the format writes a space, and NUL ends text in the library.
    RC_PRE(text.find("▁") == text.npos && text.find('\0') == text.npos);
    for (const auto* tokenizer : {llama.get(), stories.get()}) {
        const Encoding encoding = tokenizer->encode(text);
        RC_ASSERT(tokenizer->decode(encoding.ids) == text);
        StreamDecoder stream(*tokenizer);
        std::string streamed;
        for (const std::int32_t id : encoding.ids)
            streamed += stream.push(id);
        RC_ASSERT(streamed + stream.finish() == text);
    }
}

RC_GTEST_PROP(SentencePieceProperties, AnyIdsStreamToTheirDecoding,
              (const std::vector<std::uint16_t>& numbers))
{
    if (!fs::exists(llamaFolder()))
        return;
    static const auto llama = loadTokenizer(llamaFolder());
    static const auto stories = loadTokenizer(test::assetsFolder() / "assets/models/llama-stories260k");
    for (const auto* tokenizer : {llama.get(), stories.get()}) {
        StreamDecoder stream(*tokenizer);
        std::vector<std::int32_t> ids;
        std::string streamed;
        for (const std::uint16_t number : numbers) {
            ids.push_back(number % 3 == 0 ? number % 260 : number % tokenizer->vocabularySize());
            streamed += stream.push(ids.back());
        }
        RC_ASSERT(streamed + stream.finish() == tokenizer->decode(ids));
    }
}

TEST(SentencePiece, DamagedModelsLoadOrAreRefused)
{
    SKIP_WITHOUT_ASSETS();
    const std::string whole = readFile(llamaFolder() / "tokenizer.model");
    const test::TemporaryFolder folder;
    Rng rng(3, "tokenizer.model");
    int refused = 0;
    for (int i = 0; i < 24; ++i) {
        folder.write("tokenizer.model", i == 0 ? std::string() : test::mutated(whole, rng));
        try {
            const auto tokenizer = loadTokenizer(folder.path());
            tokenizer->decode(tokenizer->encode("Hello 中\n world").ids);
        } catch (const Error& fault) {
            EXPECT_NE(std::string(fault.what()).find("tokenizer.model"), std::string::npos) << fault.what();
            ++refused;
        }
    }
    EXPECT_GT(refused, 0);
}

} // namespace
} // namespace lora
