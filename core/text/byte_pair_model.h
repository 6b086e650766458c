#pragma once

#include "core/text/byte_tokens.h"
#include "core/text/token_model.h"

#include <optional>

namespace lora {

/// What a byte-pair model is made of; optional texts are empty when absent.
struct BytePairParts
{
    std::unique_ptr<Vocabulary> vocabulary;
    /// Pairs of tokens by id, most important first.
    std::vector<std::pair<std::string, std::string>> merges;
    std::string unknownToken;
    std::string prefix; ///< of characters inside a word
    std::string suffix; ///< of a word's last character
    bool fusesUnknown = false;
    bool hasByteFallback = false;
    bool ignoresMerges = false; ///< a word that is a token as a whole stays one
};

/// Byte-pair encoding: starting from characters, again and again the neighbouring pair that was learnt first
/// is joined (Sennrich et al. 2016). A word of n characters takes O(n log n).
class BytePairModel : public TokenModel
{
public:
    /// Throws lora::Error (BadInput) naming `source` and the merge when a merge names an unknown token.
    BytePairModel(BytePairParts parts, const std::string& source);

    void tokenize(std::string_view word, std::vector<WordToken>& tokens) const override;
    const Vocabulary& vocabulary() const override { return *m_parts.vocabulary; }
    bool isByteToken(std::int32_t id) const override;

private:
    struct Merge
    {
        std::uint32_t rank = 0;
        std::int32_t id = 0;
    };
    class Merger;

    const Merge* mergeOf(std::int32_t left, std::int32_t right) const;
    void mergeFew(std::vector<WordToken>& tokens, std::size_t first) const;
    void addCharacters(std::string_view word, std::vector<WordToken>& tokens) const;
    void addUncovered(std::size_t begin, std::size_t end, std::vector<WordToken>& tokens,
                      bool& isAfterUnknown) const;

    BytePairParts m_parts;
    std::unordered_map<std::uint64_t, Merge> m_merges;
    ByteTokens m_byteTokens;
    std::optional<std::int32_t> m_unknownId;
};

} // namespace lora
