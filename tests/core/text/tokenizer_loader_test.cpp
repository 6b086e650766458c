#include "core/text/tokenizer.h"

#include "core/base/error.h"
#include "core/base/stopwatch.h"
#include "tests/core/text/tokenizer_fixture.h"
#include "tests/support/expect_error.h"
#include "tests/support/mutation.h"

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace lora {
namespace {

using nlohmann::json;
using test::expectError;
using test::load;
using test::smallTokenizer;
using test::TemporaryFolder;

void expectRefused(const json& document, const std::string& part, ErrorKind kind = ErrorKind::BadInput)
{
    expectError(kind, part, [&] { load(document); });
    expectError(kind, "tokenizer.json", [&] { load(document); });
}

TEST(TokenizerLoader, ModelsOfOtherKindsAreNamed)
{
    json document = smallTokenizer();
    document["model"]["type"] = "Surprise";
    expectRefused(document, "\"Surprise\" is not supported; supported are BPE, Unigram, WordLevel, WordPiece",
                  ErrorKind::Unsupported);
    json old = smallTokenizer();
    old["model"].erase("type");
    EXPECT_NO_THROW(load(old));
    old["model"]["merges"] = json::array(); // now it is BPE
    EXPECT_EQ(load(old)->encode("a").ids, (std::vector<std::int32_t>{2, 5, 3}));
    json processor = smallTokenizer();
    processor["post_processor"] = {{"type", "Surprise"}};
    expectRefused(processor, "Surprise", ErrorKind::Unsupported);
    json decoder = smallTokenizer();
    decoder["decoder"] = {{"type", "CTC"}};
    expectRefused(decoder, "CTC", ErrorKind::Unsupported);
}

TEST(TokenizerLoader, HostileIdsAreRefusedWithoutAllocatingByThem)
{
    for (const json& id : {json(-1), json(2147483647), json(4294967296), json(18446744073709551615u),
                           json(1.5), json("7"), json(nullptr)}) {
        json document = smallTokenizer();
        document["model"]["vocab"]["strange"] = id;
        expectRefused(document, "strange");
        document = smallTokenizer();
        document["added_tokens"][0]["id"] = id;
        expectRefused(document, "");
    }
    json huge = smallTokenizer();
    huge["model"]["vocab"]["far"] = 2'000'000'000;
    EXPECT_EQ(load(huge)->vocabularySize(), 2'000'000'001);
    EXPECT_EQ(load(huge)->tokenOf(2'000'000'000), "far");
    EXPECT_EQ(load(huge)->tokenOf(1'000'000'000), "");
}

TEST(TokenizerLoader, ContradictingIdsAreRefused)
{
    json document = smallTokenizer();
    document["model"]["vocab"]["twin"] = 5;
    expectRefused(document, "already belongs to");
    document = smallTokenizer();
    document["added_tokens"][4]["id"] = 5;
    expectRefused(document, "[MASK]");
    document = smallTokenizer();
    document["added_tokens"].push_back({{"id", 8}, {"content", "new"}});
    expectRefused(document, "gives that id to \"word\"");
    document = smallTokenizer();
    document["added_tokens"].push_back({{"id", 30}, {"content", "x"}});
    document["added_tokens"].push_back({{"id", 30}, {"content", "y"}});
    expectRefused(document, "already belongs to");
}

TEST(TokenizerLoader, AMissingUnknownTokenIsNamed)
{
    json document = smallTokenizer();
    document["model"]["unk_token"] = "<none>";
    expectRefused(document, "unknown token \"<none>\" is not in the vocabulary");
    document["model"] = {{"type", "WordLevel"}, {"vocab", {{"a", 0}}}};
    document["added_tokens"] = json::array();
    document["post_processor"] = nullptr;
    expectRefused(document, "unknown token \"<unk>\"");
}

TEST(TokenizerLoader, TemplatesMustNameKnownTokensAndTheTexts)
{
    json document = smallTokenizer();
    document["post_processor"]["special_tokens"]["[CLS]"]["ids"] = {777};
    expectRefused(document, "777 is not in the vocabulary");
    document = smallTokenizer();
    document["post_processor"]["special_tokens"].erase("[SEP]");
    expectRefused(document, "\"[SEP]\" is missing");
    document = smallTokenizer();
    document["post_processor"]["single"] = json::array();
    expectRefused(document, "must hold A once");
    document = smallTokenizer();
    document["post_processor"]["pair"].erase(3);
    expectRefused(document, "A and B once");
    document = smallTokenizer();
    document["post_processor"] = {{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}};
    EXPECT_EQ(load(document)->encode("a", "a", SpecialTokens::Add, 0).ids,
              (std::vector<std::int32_t>{2, 5, 3, 5, 3}));
}

TEST(TokenizerLoader, CostlyValuesAreRefused)
{
    json document = smallTokenizer();
    document["model"]["max_input_chars_per_word"] = 1'000'000'000;
    expectRefused(document, "max_input_chars_per_word");
    document = smallTokenizer();
    document["added_tokens"].push_back({{"id", 99}, {"content", std::string(10'000, 'a')}});
    expectRefused(document, "content of 10000 bytes");
    document["added_tokens"].back()["content"] = "";
    expectRefused(document, "content of 0 bytes");
}

TEST(TokenizerLoader, MissingAndMalformedFilesAreNamed)
{
    const TemporaryFolder folder;
    expectError(ErrorKind::FileSystem, "none of tokenizer.json, tokenizer.model",
                [&] { loadTokenizer(folder.path()); });
    folder.write("spiece.model", "x");
    expectError(ErrorKind::Unsupported, "spiece.model", [&] { loadTokenizer(folder.path()); });
    folder.write("tokenizer.model", "x");
    expectError(ErrorKind::BadInput, "tokenizer.model", [&] { loadTokenizer(folder.path()); });
    for (const std::string& text :
         {std::string(), std::string("[]"), std::string("{}"), std::string(1'000'000, '['),
          std::string("{\"model\":{\"type\":\"WordPiece\"}}")}) {
        folder.write("tokenizer.json", text);
        expectError(ErrorKind::BadInput, "tokenizer.json", [&] { loadTokenizer(folder.path()); });
    }
    folder.write("tokenizer.json", smallTokenizer().dump());
    folder.write("tokenizer_config.json", "[1]");
    expectError(ErrorKind::BadInput, "tokenizer_config.json", [&] { loadTokenizer(folder.path()); });
}

TEST(VocabTxt, SettingsBesideItAreFollowed)
{
    const TemporaryFolder folder;
    folder.write("vocab.txt", "<p>\r\n<u>\r\n[CLS]\r\n[SEP]\r\nÉa\r\nea\r\n\r\n中a\r\n");
    folder.write("special_tokens_map.json", R"({"pad_token":"<p>","unk_token":{"content":"<u>"}})");
    EXPECT_EQ(loadTokenizer(folder.path())->encode("Éa 中a").ids, (std::vector<std::int32_t>{2, 5, 1, 1, 3}));
    EXPECT_EQ(loadTokenizer(folder.path())->padId(), 0);
    EXPECT_EQ(loadTokenizer(folder.path())->maskId(), std::nullopt);
    EXPECT_EQ(loadTokenizer(folder.path())->vocabularySize(), 8);
    folder.write("tokenizer_config.json",
                 R"({"do_lower_case":false,"tokenize_chinese_chars":false,"strip_accents":null})");
    EXPECT_EQ(loadTokenizer(folder.path())->encode("Éa 中a").ids, (std::vector<std::int32_t>{2, 4, 7, 3}));
    folder.write("tokenizer_config.json", R"({"do_lower_case":true,"strip_accents":false})");
    EXPECT_EQ(loadTokenizer(folder.path())->encode("éa").ids, (std::vector<std::int32_t>{2, 1, 3}));
    folder.write("tokenizer_config.json",
                 R"({"added_tokens_decoder":{"8":{"content":"<new>","special":true}}})");
    EXPECT_EQ(loadTokenizer(folder.path())->encode("ea<new>").ids, (std::vector<std::int32_t>{2, 5, 8, 3}));
}

TEST(VocabTxt, FaultsAreNamed)
{
    const TemporaryFolder folder;
    const auto expectFault = [&](const std::string& text, const std::string& part) {
        folder.write("vocab.txt", text);
        expectError(ErrorKind::BadInput, part, [&] { loadTokenizer(folder.path()); });
    };
    expectFault("", "\"[UNK]\" is not in the vocabulary");
    expectFault("[UNK]\n[CLS]\n", "\"[SEP]\" is not in the vocabulary");
    expectFault("[UNK]\n[CLS]\n[SEP]\n\xff\n", "line 4 is not UTF-8");
    folder.write("vocab.txt", "[UNK]\n[CLS]\n[SEP]\n");
    folder.write("tokenizer_config.json", R"({"tokenizer_class":"BertJapaneseTokenizer"})");
    expectError(ErrorKind::Unsupported, "BertJapaneseTokenizer", [&] { loadTokenizer(folder.path()); });
    folder.write("tokenizer_config.json", R"({"do_lower_case":"yes"})");
    expectError(ErrorKind::BadInput, "do_lower_case", [&] { loadTokenizer(folder.path()); });
    folder.write("tokenizer_config.json", R"({"added_tokens_decoder":{"-1":{"content":"x"}}})");
    expectError(ErrorKind::BadInput, "is not an id", [&] { loadTokenizer(folder.path()); });
}

TEST(TokenizerLoader, DamagedFilesLoadOrAreRefused)
{
    const std::string whole = smallTokenizer().dump(1);
    const TemporaryFolder folder;
    Rng rng(11, "tokenizer.json");
    const Stopwatch watch;
    int loaded = 0;
    int refused = 0;
    for (int i = 0; i < 500; ++i) {
        const auto path = std::filesystem::path(folder / std::to_string(i));
        std::filesystem::create_directory(path);
        folder.write(std::to_string(i) + "/tokenizer.json", test::mutated(whole, rng));
        try {
            const auto tokenizer = loadTokenizer(path);
            const Encoding encoding = tokenizer->encode("Words, ab [MASK] 中 é", "a", SpecialTokens::Add, 16);
            ASSERT_EQ(encoding.ids.size(), encoding.typeIds.size());
            ++loaded;
        } catch (const Error&) {
            ++refused;
        }
    }
    RecordProperty("loaded", loaded);
    EXPECT_GT(loaded, 5);
    EXPECT_GT(refused, 150);
    EXPECT_LT(watch.seconds(), 60.0);
}

RC_GTEST_PROP(TokenizerProperties, AnyTextGivesIdsInRange, ())
{
    static const auto tokenizer = load(smallTokenizer());
    const auto points = *rc::gen::container<std::vector<std::uint32_t>>(
        rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0, 0x3000),
                       rc::gen::inRange<std::uint32_t>(0, 0x110000)));
    std::string text = *rc::gen::element<std::string>("", "[MASK]", " word", "\xff", "\xe4\xb8");
    for (const std::uint32_t point : points) { // surrogates become malformed UTF-8, as intended
        if (point < 0x80) {
            text += static_cast<char>(point);
        } else if (point < 0x800) {
            text += static_cast<char>(0xC0 | (point >> 6));
            text += static_cast<char>(0x80 | (point & 63));
        } else {
            if (point >= 0x10000)
                text += static_cast<char>(0xF0 | (point >> 18));
            text += static_cast<char>((point >= 0x10000 ? 0x80 : 0xE0) |
                                      ((point >> 12) & (point >= 0x10000 ? 63 : 15)));
            text += static_cast<char>(0x80 | ((point >> 6) & 63));
            text += static_cast<char>(0x80 | (point & 63));
        }
    }
    const int maxLength = *rc::gen::element(0, 2, 3, 7);
    const Encoding encoding = tokenizer->encode(text, std::nullopt, SpecialTokens::Add, maxLength);
    RC_ASSERT(encoding.ids.size() >= 2u);
    RC_ASSERT(maxLength == 0 || encoding.ids.size() <= static_cast<std::size_t>(maxLength));
    RC_ASSERT(encoding.typeIds.size() == encoding.ids.size());
    RC_ASSERT(encoding.tokens.size() == encoding.ids.size());
    RC_ASSERT(encoding.isSpecial.size() == encoding.ids.size());
    for (std::size_t i = 0; i < encoding.ids.size(); ++i) {
        RC_ASSERT(encoding.ids[i] >= 0 && encoding.ids[i] < tokenizer->vocabularySize());
        RC_ASSERT(encoding.tokens[i] == tokenizer->tokenOf(encoding.ids[i]));
    }
    tokenizer->decode(encoding.ids);
}

} // namespace
} // namespace lora
