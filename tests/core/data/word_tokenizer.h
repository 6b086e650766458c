#pragma once

#include "core/text/tokenizer.h"

#include <algorithm>
#include <map>
#include <mutex>

namespace lora::test {

/// Words at spaces, numbered in the order they come, between [CLS] (1) and [SEP] (2): enough of a tokenizer
/// for data.
class WordTokenizer : public Tokenizer
{
public:
    using Tokenizer::encode;

    explicit WordTokenizer(bool hasMask = true)
        : m_hasMask(hasMask)
    {}

    Encoding encode(std::string_view text, std::optional<std::string_view> pair, SpecialTokens special,
                    int maxLength) const override
    {
        std::vector<TextSpan> first = words(text);
        std::vector<TextSpan> second = pair ? words(*pair) : std::vector<TextSpan>{};
        const std::size_t extra = special == SpecialTokens::Omit ? 0 : (pair ? 3 : 2);
        Encoding encoding;
        while (maxLength > 0 && first.size() + second.size() + extra > static_cast<std::size_t>(maxLength) &&
               !(first.empty() && second.empty())) {
            (second.size() > first.size() ? second : first).pop_back();
            encoding.isTruncated = true;
        }
        const auto add = [&](const std::string& word, std::int32_t type, std::int8_t sequence,
                             TextSpan span) {
            encoding.ids.push_back(idFor(word));
            encoding.typeIds.push_back(type);
            encoding.tokens.push_back(word);
            encoding.isSpecial.push_back(sequence < 0);
            encoding.spans.push_back(span);
            encoding.sequenceIds.push_back(sequence);
        };
        const auto wordAt = [](std::string_view whole, TextSpan span) {
            return std::string(whole.substr(span.begin, span.end - span.begin));
        };
        const bool isAdded = special == SpecialTokens::Add;
        if (isAdded)
            add("[CLS]", 0, -1, {});
        for (const TextSpan span : first)
            add(wordAt(text, span), 0, 0, span);
        if (isAdded)
            add("[SEP]", 0, -1, {});
        for (const TextSpan span : second)
            add(wordAt(*pair, span), 1, 1, span);
        if (isAdded && pair)
            add("[SEP]", 1, -1, {});
        return encoding;
    }

    std::string decode(const std::vector<std::int32_t>&) const override { return {}; }
    std::int64_t vocabularySize() const override { return 1000; }
    std::optional<std::int32_t> idOf(std::string_view token) const override
    {
        const std::lock_guard lock(m_mutex);
        const auto found = m_ids.find(std::string(token));
        return found == m_ids.end() ? std::nullopt : std::optional(found->second);
    }
    std::string tokenOf(std::int32_t id) const override
    {
        const std::lock_guard lock(m_mutex);
        for (const auto& [word, number] : m_ids) {
            if (number == id)
                return word;
        }
        return {};
    }
    std::optional<std::int32_t> eosId() const override { return end; }
    std::string chatTemplate() const override { return chat; }
    std::optional<std::int32_t> maskId() const override
    {
        return m_hasMask ? std::optional<std::int32_t>(3) : std::nullopt;
    }
    std::optional<std::int32_t> padId() const override { return 0; }

    /// Makes a word known, for example a special token, and returns its id.
    std::int32_t know(const std::string& word) const { return idFor(word); }

    std::optional<std::int32_t> end; ///< eosId
    std::string chat;                ///< chatTemplate

private:
    static std::vector<TextSpan> words(std::string_view text)
    {
        std::vector<TextSpan> result;
        for (std::size_t i = 0; i < text.size();) {
            const std::size_t begin = text.find_first_not_of(" \n\t\r", i);
            if (begin == std::string_view::npos)
                break;
            i = std::min(text.find_first_of(" \n\t\r", begin), text.size());
            result.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(i)});
        }
        return result;
    }

    std::int32_t idFor(const std::string& word) const
    {
        const std::lock_guard lock(m_mutex);
        if (m_ids.empty())
            m_ids = {{"[CLS]", 1}, {"[SEP]", 2}, {"[MASK]", 3}};
        return m_ids.try_emplace(word, static_cast<std::int32_t>(m_ids.size() + 1)).first->second;
    }

    bool m_hasMask;
    mutable std::mutex m_mutex; ///< tokenizers are used from several threads
    mutable std::map<std::string, std::int32_t> m_ids;
};

} // namespace lora::test
