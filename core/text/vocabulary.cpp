#include "core/text/vocabulary.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace lora {

void Vocabulary::reserve(std::size_t tokens)
{
    m_ids.max_load_factor(sparse);
    m_ids.reserve(tokens);
    m_low.resize(std::max(m_low.size(), tokens));
    for (auto entry = m_high.begin(); entry != m_high.end();) {
        if (static_cast<std::size_t>(entry->first) < m_low.size()) {
            m_low[static_cast<std::size_t>(entry->first)] = entry->second;
            entry = m_high.erase(entry);
        } else {
            ++entry;
        }
    }
}

void Vocabulary::add(std::string_view token, std::int64_t id)
{
    const auto refuse = [&](const std::string& fault) {
        throw Error(ErrorKind::BadInput, fmt::format("token \"{}\": {}", token.substr(0, 80), fault));
    };
    if (id < 0 || id >= std::numeric_limits<std::int32_t>::max())
        refuse(fmt::format("id {} is out of range", id));
    const auto number = static_cast<std::int32_t>(id);
    if (const auto known = find(token)) {
        if (*known != number)
            refuse(fmt::format("has two ids, {} and {}", *known, id));
        return;
    }
    if (const std::string_view other = tokenOf(number); other.data())
        refuse(fmt::format("id {} already belongs to \"{}\"", id, other.substr(0, 80)));
    const std::string_view stored = m_storage.emplace_back(token);
    m_ids.emplace(stored, number);
    if (static_cast<std::size_t>(number) < m_low.size())
        m_low[static_cast<std::size_t>(number)] = stored;
    else
        m_high.emplace(number, stored);
    m_idLimit = std::max(m_idLimit, id + 1);
}

std::optional<std::int32_t> Vocabulary::find(std::string_view token) const
{
    const auto found = m_ids.find(token);
    return found == m_ids.end() ? std::nullopt : std::optional(found->second);
}

std::string_view Vocabulary::tokenOf(std::int32_t id) const
{
    if (id >= 0 && static_cast<std::size_t>(id) < m_low.size())
        return m_low[static_cast<std::size_t>(id)];
    const auto found = m_high.find(id);
    return found == m_high.end() ? std::string_view() : found->second;
}

} // namespace lora
