#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lora {

/// Tokens and their ids, both ways. Ids need not be contiguous; memory grows with the number of tokens, never
/// with the largest id.
class Vocabulary
{
public:
    Vocabulary() = default;
    Vocabulary(const Vocabulary&) = delete; // the maps view the stored tokens
    Vocabulary& operator=(const Vocabulary&) = delete;

    /// Of hash tables of tokens: most look-ups find nothing, and in an empty place they see it at once.
    static constexpr float sparse = 0.25F;

    /// Room for so many tokens; with ids below that number they are found fastest.
    void reserve(std::size_t tokens);
    /// Throws lora::Error (BadInput) for a negative id, an id that another token has, or a token that has
    /// another id.
    void add(std::string_view token, std::int64_t id);

    std::optional<std::int32_t> find(std::string_view token) const;
    /// Empty for an unknown id.
    std::string_view tokenOf(std::int32_t id) const;
    bool hasId(std::int32_t id) const { return tokenOf(id).data() != nullptr; }
    std::size_t size() const { return m_storage.size(); }
    /// One more than the highest id; 0 when empty.
    std::int64_t idLimit() const { return m_idLimit; }
    const std::unordered_map<std::string_view, std::int32_t>& ids() const { return m_ids; }

private:
    std::deque<std::string> m_storage;
    std::unordered_map<std::string_view, std::int32_t> m_ids;
    std::vector<std::string_view> m_low; ///< tokens of ids below what was reserved; null views: none
    std::unordered_map<std::int32_t, std::string_view> m_high; ///< all others
    std::int64_t m_idLimit = 0;
};

} // namespace lora
