#pragma once

#include "core/text/token_model.h"

namespace lora {

/// One token for each word; words that are not in the vocabulary become the unknown token.
class WordLevel : public TokenModel
{
public:
    /// Throws lora::Error (BadInput) naming `source` when `unknownToken` is not in the vocabulary.
    WordLevel(std::unique_ptr<Vocabulary> vocabulary, const std::string& unknownToken,
              const std::string& source);

    void tokenize(std::string_view word, std::vector<WordToken>& tokens) const override;
    const Vocabulary& vocabulary() const override { return *m_vocabulary; }

private:
    std::unique_ptr<Vocabulary> m_vocabulary;
    std::int32_t m_unknownId = 0;
};

} // namespace lora
