#pragma once

#include "core/text/tokenizer.h"

#include <map>
#include <sstream>

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
        std::vector<std::string> first = words(text);
        std::vector<std::string> second = pair ? words(*pair) : std::vector<std::string>{};
        const std::size_t extra = special == SpecialTokens::Omit ? 0 : (pair ? 3 : 2);
        Encoding encoding;
        while (maxLength > 0 && first.size() + second.size() + extra > static_cast<std::size_t>(maxLength) &&
               !(first.empty() && second.empty())) {
            (second.size() > first.size() ? second : first).pop_back();
            encoding.isTruncated = true;
        }
        const auto add = [&](const std::string& word, std::int32_t type, bool isSpecial) {
            encoding.ids.push_back(idFor(word));
            encoding.typeIds.push_back(type);
            encoding.tokens.push_back(word);
            encoding.isSpecial.push_back(isSpecial);
        };
        const bool isAdded = special == SpecialTokens::Add;
        if (isAdded)
            add("[CLS]", 0, true);
        for (const auto& word : first)
            add(word, 0, false);
        if (isAdded)
            add("[SEP]", 0, true);
        for (const auto& word : second)
            add(word, 1, false);
        if (isAdded && pair)
            add("[SEP]", 1, true);
        return encoding;
    }

    std::string decode(const std::vector<std::int32_t>&) const override { return {}; }
    std::int64_t vocabularySize() const override { return 1000; }
    std::optional<std::int32_t> idOf(std::string_view) const override { return std::nullopt; }
    std::string tokenOf(std::int32_t) const override { return {}; }
    std::optional<std::int32_t> maskId() const override
    {
        return m_hasMask ? std::optional<std::int32_t>(3) : std::nullopt;
    }
    std::optional<std::int32_t> padId() const override { return 0; }

private:
    static std::vector<std::string> words(std::string_view text)
    {
        std::istringstream stream{std::string(text)};
        std::vector<std::string> result;
        for (std::string word; stream >> word;)
            result.push_back(word);
        return result;
    }

    std::int32_t idFor(const std::string& word) const
    {
        if (m_ids.empty())
            m_ids = {{"[CLS]", 1}, {"[SEP]", 2}, {"[MASK]", 3}};
        return m_ids.try_emplace(word, static_cast<std::int32_t>(m_ids.size() + 1)).first->second;
    }

    bool m_hasMask;
    mutable std::map<std::string, std::int32_t> m_ids;
};

} // namespace lora::test
