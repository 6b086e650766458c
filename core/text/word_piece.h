#pragma once

#include "core/text/token_model.h"

namespace lora {

/// BERT's WordPiece: greedily the longest piece from the left, continuations marked by a prefix ("##"). A
/// word with a part that no piece covers, or longer than the limit, becomes the unknown token as a whole. Wu
/// et al. 2016; Devlin et al. 2018.
class WordPiece : public TokenModel
{
public:
    static constexpr std::int64_t MaxWordLimit = 1000; ///< the cost of a word grows with its square

    /// `longestWord` in characters. Throws lora::Error (BadInput) naming `source` when `unknownToken` is not
    /// in the vocabulary.
    WordPiece(std::unique_ptr<Vocabulary> vocabulary, const std::string& unknownToken,
              const std::string& prefix, std::size_t longestWord, const std::string& source);

    void tokenize(std::string_view word, std::vector<WordToken>& tokens) const override;
    const Vocabulary& vocabulary() const override { return *m_vocabulary; }

private:
    using Pieces = std::unordered_map<std::string_view, std::int32_t>;

    std::unique_ptr<Vocabulary> m_vocabulary;
    Pieces m_continuations; ///< keyed without the prefix
    std::size_t m_longestWord;
    std::size_t m_longestPiece = 0; ///< in bytes
    std::int32_t m_unknownId = 0;
};

} // namespace lora
