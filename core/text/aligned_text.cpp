#include "core/text/aligned_text.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <fmt/format.h>

#include <limits>

namespace lora {

AlignedText AlignedText::fromInput(std::string_view text)
{
    if (text.size() > std::numeric_limits<std::int32_t>::max())
        throw Error(ErrorKind::BadInput, fmt::format("a text of {} bytes is too long", text.size()),
                    "Cut it into parts of less than 2 GiB.");
    AlignedText given{std::string(text)};
    if (unicode::isAscii(text) || unicode::isValidUtf8(text))
        return given;
    TextRewriter out(given);
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        std::string character;
        unicode::append(unicode::next(text, i), character); // U+FFFD for malformed bytes
        out.replace(start, i, character);
    }
    return out.finish();
}

TextSpan AlignedText::origin(std::size_t begin, std::size_t end) const
{
    if (m_isIdentity)
        return {m_base + static_cast<std::uint32_t>(begin), m_base + static_cast<std::uint32_t>(end)};
    if (begin == end) {
        if (m_origin.empty())
            return {};
        const std::uint32_t place = begin < m_origin.size() ? m_origin[begin].begin : m_origin.back().end;
        return {place, place};
    }
    return {m_origin[begin].begin, m_origin[end - 1].end};
}

AlignedText AlignedText::slice(std::size_t begin, std::size_t end) const
{
    std::string text = m_text.substr(begin, end - begin);
    if (m_isIdentity)
        return AlignedText(std::move(text), m_base + static_cast<std::uint32_t>(begin));
    const auto first = m_origin.begin();
    return AlignedText(std::move(text), {first + static_cast<std::ptrdiff_t>(begin),
                                         first + static_cast<std::ptrdiff_t>(end)});
}

TextRewriter::TextRewriter(const AlignedText& source)
    : m_source(source)
{
    m_text.reserve(source.size() + source.size() / 8 + 16);
    m_origin.reserve(m_text.capacity());
}

void TextRewriter::keep(std::size_t begin, std::size_t end)
{
    m_text.append(m_source.m_text, begin, end - begin);
    if (!m_source.m_isIdentity) {
        const auto first = m_source.m_origin.begin();
        m_origin.insert(m_origin.end(), first + static_cast<std::ptrdiff_t>(begin),
                        first + static_cast<std::ptrdiff_t>(end));
        return;
    }
    for (std::size_t i = begin; i < end; ++i) {
        const auto place = m_source.m_base + static_cast<std::uint32_t>(i);
        m_origin.push_back({place, place + 1});
    }
}

void TextRewriter::replace(std::size_t begin, std::size_t end, std::string_view text)
{
    m_text.append(text);
    m_origin.insert(m_origin.end(), text.size(), m_source.origin(begin, end));
}

} // namespace lora
