#pragma once

#include "core/text/tokenizer.h"
#include "tests/support/temporary_folder.h"

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

namespace lora::test {

/// A small, complete tokenizer.json to vary: WordPiece with BERT's parts and 14 tokens.
inline nlohmann::json smallTokenizer()
{
    return nlohmann::json::parse(R"({
      "version": "1.0", "truncation": null, "padding": null,
      "added_tokens": [
        {"id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 1, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 2, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 3, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true},
        {"id": 4, "content": "[MASK]", "single_word": false, "lstrip": true, "rstrip": false, "normalized": false, "special": true}],
      "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
      "pre_tokenizer": {"type": "BertPreTokenizer"},
      "post_processor": {"type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
        "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
                 {"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}, "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
      "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
      "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
        "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "a": 5, "##b": 6, "##bc": 7, "word": 8,
                  "##s": 9, ",": 10, ".": 11, "cafe": 12, "中": 13}}
    })");
}

inline std::unique_ptr<Tokenizer> load(const nlohmann::json& document)
{
    const TemporaryFolder folder;
    folder.write("tokenizer.json", document.dump());
    return loadTokenizer(folder.path());
}

inline std::vector<std::string> tokensOf(const Tokenizer& tokenizer, std::string_view text)
{
    return tokenizer.encode(text, std::nullopt, SpecialTokens::Omit, 0).tokens;
}

} // namespace lora::test
