#include "core/text/word_level.h"

#include "core/base/error.h"

#include <fmt/format.h>

namespace lora {

WordLevel::WordLevel(std::unique_ptr<Vocabulary> vocabulary, const std::string& unknownToken,
                     const std::string& source)
    : m_vocabulary(std::move(vocabulary))
{
    const auto unknown = m_vocabulary->find(unknownToken);
    if (!unknown)
        throw Error(ErrorKind::BadInput, fmt::format("{}: the unknown token \"{}\" is not in the vocabulary",
                                                     source, unknownToken));
    m_unknownId = *unknown;
}

void WordLevel::tokenize(std::string_view word, std::vector<WordToken>& tokens) const
{
    tokens.push_back({m_vocabulary->find(word).value_or(m_unknownId), 0, word.size()});
}

} // namespace lora
