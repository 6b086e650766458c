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

void WordLevel::tokenize(std::string_view word, std::vector<std::int32_t>& ids) const
{
    ids.push_back(m_vocabulary->find(word).value_or(m_unknownId));
}

} // namespace lora
