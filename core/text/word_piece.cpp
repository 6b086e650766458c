#include "core/text/word_piece.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <fmt/format.h>

#include <algorithm>

namespace lora {

WordPiece::WordPiece(std::unique_ptr<Vocabulary> vocabulary, const std::string& unknownToken,
                     const std::string& prefix, std::size_t longestWord, const std::string& source)
    : m_vocabulary(std::move(vocabulary))
    , m_longestWord(longestWord)
{
    const auto unknown = m_vocabulary->find(unknownToken);
    if (!unknown)
        throw Error(ErrorKind::BadInput, fmt::format("{}: the unknown token \"{}\" is not in the vocabulary",
                                                     source, unknownToken));
    m_unknownId = *unknown;
    m_continuations.max_load_factor(Vocabulary::sparse);
    m_continuations.reserve(m_vocabulary->size());
    for (const auto& [token, id] : m_vocabulary->ids()) {
        m_longestPiece = std::max(m_longestPiece, token.size());
        if (token.size() > prefix.size() && token.starts_with(prefix))
            m_continuations.emplace(token.substr(prefix.size()), id);
    }
}

void WordPiece::tokenize(std::string_view word, std::vector<WordToken>& tokens) const
{
    if (word.size() > m_longestWord && unicode::length(word, m_longestWord) > m_longestWord) {
        tokens.push_back({m_unknownId, 0, word.size()});
        return;
    }
    const std::size_t first = tokens.size();
    for (std::size_t start = 0; start < word.size();) {
        const Pieces& pieces = start == 0 ? m_vocabulary->ids() : m_continuations;
        std::size_t end = std::min(word.size(), start + m_longestPiece);
        for (; end > start; --end) {
            if (end < word.size() && (word[end] & 0xC0) == 0x80)
                continue; // inside a character
            const auto found = pieces.find(word.substr(start, end - start));
            if (found != pieces.end()) {
                tokens.push_back({found->second, start, end});
                break;
            }
        }
        if (end == start) {
            tokens.resize(first);
            tokens.push_back({m_unknownId, 0, word.size()});
            return;
        }
        start = end;
    }
}

} // namespace lora
