#pragma once

#include "core/text/added_tokens.h"
#include "core/text/normalizer.h"
#include "core/text/post_processor.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/token_decoder.h"
#include "core/text/token_model.h"
#include "core/text/tokenizer.h"

#include <unordered_set>

namespace lora {

/// The parts of a tokenizer; normalizer and pre-tokenizer may be null.
struct TokenizerParts
{
    std::unique_ptr<Normalizer> normalizer;
    std::unique_ptr<PreTokenizer> preTokenizer;
    std::unique_ptr<TokenModel> model;
    std::vector<AddedToken> addedTokens;
    PostProcessor postProcessor;
    TokenDecoder decoder;
    std::string maskToken; ///< empty: none
    std::string padToken;
    std::string bosToken;
    std::string eosToken;
    std::string chatTemplate;
};

/// Hugging Face's pipeline: split at added tokens, normalise, split into words, model, special tokens.
class PipelineTokenizer : public Tokenizer
{
public:
    /// Throws lora::Error (BadInput) when an added token contradicts the vocabulary.
    explicit PipelineTokenizer(TokenizerParts parts);

    using Tokenizer::encode;
    Encoding encode(std::string_view text, std::optional<std::string_view> pair, SpecialTokens special,
                    int maxLength) const override;
    std::string decode(const std::vector<std::int32_t>& ids) const override;
    std::size_t settledIds(const std::vector<std::int32_t>& ids) const override;
    std::int64_t vocabularySize() const override;
    std::optional<std::int32_t> idOf(std::string_view token) const override;
    std::string tokenOf(std::int32_t id) const override { return std::string(viewOf(id)); }
    std::optional<std::int32_t> maskId() const override { return idOfNamed(m_parts.maskToken); }
    std::optional<std::int32_t> padId() const override { return idOfNamed(m_parts.padToken); }
    std::optional<std::int32_t> bosId() const override { return idOfNamed(m_parts.bosToken); }
    std::optional<std::int32_t> eosId() const override { return idOfNamed(m_parts.eosToken); }
    std::string chatTemplate() const override { return m_parts.chatTemplate; }

private:
    struct PlacedToken
    {
        std::int32_t id = 0;
        TextSpan span;
    };
    using PlacedTokens = std::vector<PlacedToken>;

    std::string_view viewOf(std::int32_t id) const;
    /// A vocabulary may hold an empty token, which must not stand for "none".
    std::optional<std::int32_t> idOfNamed(const std::string& token) const
    {
        return token.empty() ? std::nullopt : idOf(token);
    }
    PlacedTokens tokensOf(std::string_view text) const;
    void addWords(const AlignedText& part, std::string_view given, PlacedTokens& tokens) const;
    /// Cuts both texts to `maxLength` tokens with special ones; whether anything was cut.
    bool truncate(PlacedTokens& first, PlacedTokens& second, int added, int maxLength) const;

    TokenizerParts m_parts;
    AddedTokens m_added;
    Vocabulary m_addedVocabulary; ///< added tokens the model does not know
    std::unordered_set<std::int32_t> m_specialIds;
};

} // namespace lora
