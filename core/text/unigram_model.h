#pragma once

#include "core/text/byte_tokens.h"
#include "core/text/token_model.h"

#include <optional>

namespace lora {

/// Unigram language model (Kudo 2018): of all ways to cut a word into pieces the one with the greatest sum of
/// log-probabilities, found by Viterbi's algorithm. A character that no piece covers costs ten more than the
/// worst piece; neighbouring ones become one unknown token, or bytes.
class UnigramModel : public TokenModel
{
public:
    struct Piece
    {
        std::string text;
        double score = 0; ///< log-probability
    };

    /// The id of a piece is its index. Throws lora::Error (BadInput) naming `source` when `unknownId` is not
    /// among them, a piece appears twice or a score is not finite.
    UnigramModel(const std::vector<Piece>& pieces, std::optional<std::int32_t> unknownId,
                 bool hasByteFallback, const std::string& source);

    void tokenize(std::string_view word, std::vector<WordToken>& tokens) const override;
    const Vocabulary& vocabulary() const override { return m_vocabulary; }
    bool isByteToken(std::int32_t id) const override;

private:
    static constexpr std::int32_t Uncovered = -1;
    struct Node
    {
        double score = 0;
        std::size_t begin = 0;
        std::int32_t id = Uncovered;
        bool isReached = false;
    };
    using SortedPieces = std::vector<std::pair<std::string_view, std::int32_t>>;

    std::vector<Node> bestPaths(std::string_view word) const;
    /// Offers every piece that begins at `begin` to the nodes at its end; whether one is a single character.
    bool offerPieces(std::string_view word, std::size_t begin, std::size_t characterEnd,
                     std::vector<Node>& nodes) const;
    void addUncovered(std::string_view word, const WordToken& run, std::vector<WordToken>& tokens) const;

    Vocabulary m_vocabulary;
    SortedPieces m_sorted;
    std::vector<double> m_scores;
    double m_uncoveredScore = 0;
    std::optional<std::int32_t> m_unknownId;
    bool m_hasByteFallback;
    ByteTokens m_byteTokens;
};

} // namespace lora
