#include "core/base/error.h"
#include "core/text/word_pattern.h"
#include "tests/core/text/tokenizer_fixture.h"
#include "tests/support/expect_error.h"

namespace lora {
namespace {

using nlohmann::json;
using test::expectError;
using test::load;
using test::TemporaryFolder;
using test::tokensOf;
using Ids = std::vector<std::int32_t>;
using Tokens = std::vector<std::string>;

/// The parts of Llama 3's tokenizer.json around a small vocabulary.
json llama3Tokenizer()
{
    json document = json::parse(R"({"version":"1.0",
      "added_tokens":[{"id":20,"content":"<|begin_of_text|>","special":true},{"id":21,"content":"<|eot_id|>","special":true}],
      "post_processor":{"type":"Sequence","processors":[
        {"type":"ByteLevel","add_prefix_space":true,"trim_offsets":false,"use_regex":true},
        {"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|begin_of_text|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
         "pair":[{"SpecialToken":{"id":"<|begin_of_text|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"<|begin_of_text|>","type_id":1}},{"Sequence":{"id":"B","type_id":1}}],
         "special_tokens":{"<|begin_of_text|>":{"id":"<|begin_of_text|>","ids":[20],"tokens":["<|begin_of_text|>"]}}}]},
      "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
      "model":{"type":"BPE","ignore_merges":true,"merges":[["Ġ","a"],["1","2"]],
        "vocab":{"a":0,"b":1,"Ġ":2,"Ġa":3,"1":4,"2":5,"3":6,"4":7,"12":8,"123":9,"ab":10,"Ċ":11,"!":12,"!Ċ":13}}})");
    document["pre_tokenizer"] = {
        {"type", "Sequence"},
        {"pretokenizers",
         json::array({{{"type", "Split"},
                       {"pattern", {{"Regex", std::string(WordPattern::llama3().expression)}}},
                       {"behavior", "Isolated"},
                       {"invert", false}},
                      {{"type", "ByteLevel"},
                       {"add_prefix_space", false},
                       {"trim_offsets", true},
                       {"use_regex", false}}})}};
    return document;
}

TEST(FamilyTokenizers, Llama3GroupsDigitsAndKeepsWholeWords)
{
    const auto tokenizer = load(llama3Tokenizer());
    EXPECT_EQ(tokensOf(*tokenizer, "ab a12341!\n"), (Tokens{"ab", "Ġa", "123", "4", "1", "!Ċ"}));
    EXPECT_EQ(tokenizer->encode("a").ids, (Ids{20, 0}));
    EXPECT_EQ(tokenizer->encode("a", "b", SpecialTokens::Add, 0).ids, (Ids{20, 0, 20, 1}));
    EXPECT_EQ(tokenizer->bosId(), 20);
    EXPECT_EQ(tokenizer->decode({20, 10, 3, 9, 7, 21}), "ab a1234");
}

void writeBytePairFolder(const TemporaryFolder& folder)
{
    folder.write(
        "vocab.json",
        R"({"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"a":4,"b":5,"Ġ":6,"Ġa":7,"e":8,"Ì":9,"ģ":10,"Ã":11,"©":12,"<mask>":13})");
    folder.write("merges.txt", "#version: 0.2\nĠ a\n\n");
}

TEST(FamilyTokenizers, RobertaIsToldByItsVocabulary)
{
    const TemporaryFolder folder;
    writeBytePairFolder(folder);
    const auto roberta = loadTokenizer(folder.path());
    EXPECT_EQ(roberta->encode("a a", "b", SpecialTokens::Add, 0).ids, (Ids{0, 4, 7, 2, 2, 5, 2}));
    EXPECT_EQ(roberta->encode("a <mask>").ids, (Ids{0, 4, 13, 2})); // the mask takes the space along
    EXPECT_EQ(roberta->maskId(), 13);
    EXPECT_EQ(roberta->padId(), 1);
    EXPECT_EQ(roberta->eosId(), 2);
}

TEST(FamilyTokenizers, TheConfigurationsClassDecides)
{
    const TemporaryFolder folder;
    writeBytePairFolder(folder);
    folder.write("tokenizer_config.json", R"({"tokenizer_class":"GPT2Tokenizer"})");
    EXPECT_EQ(loadTokenizer(folder.path())->encode("a a").ids, (Ids{4, 7}));
    folder.write("tokenizer_config.json", R"({"tokenizer_class":"Qwen2TokenizerFast"})");
    EXPECT_EQ(loadTokenizer(folder.path())->encode("e\u0301").ids, (Ids{11, 12})); // composed first
    folder.write("tokenizer_config.json", R"({"tokenizer_class":"CLIPTokenizer"})");
    expectError(ErrorKind::Unsupported, "CLIPTokenizer", [&] { loadTokenizer(folder.path()); });
}

TEST(FamilyTokenizers, FaultsInVocabularyAndMergesAreNamed)
{
    const TemporaryFolder folder;
    writeBytePairFolder(folder);
    const auto expectFault = [&](const std::string& merges, const std::string& part) {
        folder.write("merges.txt", merges);
        expectError(ErrorKind::BadInput, part, [&] { loadTokenizer(folder.path()); });
        expectError(ErrorKind::BadInput, "merges.txt", [&] { loadTokenizer(folder.path()); });
    };
    expectFault("Ġ a\na b c\n", "line 2 must be two tokens");
    expectFault("a zz\n", "\"zz\", which is not in the vocabulary");
    expectFault("\xff a\n", "line 1");
    for (const char* vocabulary :
         {"[]", "{}", R"({"a":-1})", R"({"a":0,"b":0})", R"({"a":"x"})", R"({"a":1e99})"}) {
        folder.write("vocab.json", vocabulary);
        expectError(ErrorKind::BadInput, "vocab.json", [&] { loadTokenizer(folder.path()); });
    }
}

TEST(FamilyTokenizers, ChatTemplatesAreReadWhereverTheyStand)
{
    const TemporaryFolder folder;
    folder.write("tokenizer.json", llama3Tokenizer().dump());
    EXPECT_EQ(loadTokenizer(folder.path())->chatTemplate(), "");
    folder.write("chat_template.jinja", "in a file");
    EXPECT_EQ(loadTokenizer(folder.path())->chatTemplate(), "in a file");
    folder.write("tokenizer_config.json",
                 R"({"chat_template":[{"name":"tools","template":"t"},{"name":"default","template":"d"}],
                     "eos_token":"<|eot_id|>","bos_token":null})");
    const auto tokenizer = loadTokenizer(folder.path());
    EXPECT_EQ(tokenizer->chatTemplate(), "d");
    EXPECT_EQ(tokenizer->eosId(), 21);
    EXPECT_EQ(tokenizer->bosId(), std::nullopt); // null says there is none
    folder.write("tokenizer_config.json", R"({"chat_template":"whole"})");
    EXPECT_EQ(loadTokenizer(folder.path())->chatTemplate(), "whole");
}

} // namespace
} // namespace lora
