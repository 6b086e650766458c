#pragma once

#include "core/text/token_decoder.h"
#include "core/text/token_model.h"

#include <optional>

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace lora {

/// A model of the sentencepiece library (tokenizer.model; byte pairs or Unigram), which does its own
/// normalising and splitting: a "word" is a whole text. Kudo and Richardson 2018.
class SentencePieceModel : public TokenModel
{
public:
    /// `serialized` is the file's content. Throws lora::Error (BadInput) naming `source`.
    SentencePieceModel(const std::string& serialized, const std::string& source);

    void tokenize(std::string_view word, std::vector<WordToken>& tokens) const override;
    const Vocabulary& vocabulary() const override { return m_vocabulary; }
    bool isByteToken(std::int32_t id) const override;

    /// Tokens that stand for nothing in a text: "<s>", "</s>", "<unk>".
    std::vector<std::int32_t> specialIds() const;
    std::optional<std::int32_t> bosId() const;
    std::optional<std::int32_t> eosId() const;
    /// Joins tokens as the library does. Works as long as it lives, also without the model.
    std::unique_ptr<DecoderStep> decoderStep() const;

private:
    std::shared_ptr<const sentencepiece::SentencePieceProcessor> m_processor;
    Vocabulary m_vocabulary;
};

} // namespace lora
