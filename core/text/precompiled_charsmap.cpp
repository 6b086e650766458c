#include "core/text/precompiled_charsmap.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <fmt/format.h>

#include <cstring>

namespace lora {

namespace {

/// Fields of a unit of the trie, as Darts-clone packs them.
bool hasLeaf(std::uint32_t unit)
{
    return (unit >> 8) & 1;
}
std::uint32_t labelOf(std::uint32_t unit)
{
    return unit & ((1u << 31) | 0xFF);
}
std::uint32_t valueOf(std::uint32_t unit)
{
    return unit & ((1u << 31) - 1);
}
std::uint32_t offsetOf(std::uint32_t unit)
{
    return (unit >> 10) << ((unit & (1u << 9)) >> 6);
}

constexpr std::size_t LongestGrapheme = 6; // bytes, exclusive; longer ones are looked up by character

} // namespace

PrecompiledCharsmap::PrecompiledCharsmap(std::string_view blob, const std::string& source)
{
    std::uint32_t bytes = 0;
    if (blob.size() >= 4)
        std::memcpy(&bytes, blob.data(), 4);
    if (bytes < 4 || bytes % 4 != 0 || bytes > blob.size() - 4)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: precompiled_charsmap: a trie of {} bytes in a table of {}", source,
                                bytes, blob.size()),
                    "The tokenizer file is damaged; fetch it again.");
    m_trie.resize(bytes / 4);
    std::memcpy(m_trie.data(), blob.data() + 4, bytes);
    m_replacements = blob.substr(4 + bytes);
    if (!unicode::isValidUtf8(m_replacements))
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: precompiled_charsmap: replacements that are not UTF-8", source),
                    "The tokenizer file is damaged; fetch it again.");
}

std::optional<std::string_view> PrecompiledCharsmap::replacementOf(std::string_view characters) const
{
    std::uint32_t node = offsetOf(m_trie[0]);
    for (const char c : characters) {
        const auto byte = static_cast<unsigned char>(c);
        node ^= byte;
        if (byte == 0 || node >= m_trie.size() || labelOf(m_trie[node]) != byte)
            return std::nullopt;
        const std::uint32_t unit = m_trie[node];
        node ^= offsetOf(unit);
        if (!hasLeaf(unit))
            continue;
        if (node >= m_trie.size()) // a damaged trie
            return std::nullopt;
        const std::size_t begin = valueOf(m_trie[node]); // the shortest match, as in Hugging Face's
        if (begin >= m_replacements.size() || (m_replacements[begin] & 0xC0) == 0x80)
            return std::nullopt;
        const std::size_t end = std::min(m_replacements.find('\0', begin), m_replacements.size());
        return std::string_view(m_replacements).substr(begin, end - begin);
    }
    return std::nullopt;
}

AlignedText PrecompiledCharsmap::normalize(const AlignedText& text) const
{
    const std::string_view bytes = text.text();
    TextRewriter out(text);
    const auto rewrite = [&](std::size_t begin, std::size_t end) {
        const auto replacement = replacementOf(bytes.substr(begin, end - begin));
        if (replacement)
            out.replace(begin, end, *replacement);
        return replacement.has_value();
    };
    std::size_t begin = 0;
    for (const std::size_t end : unicode::graphemeEnds(bytes)) {
        if (end - begin >= LongestGrapheme || !rewrite(begin, end)) {
            for (std::size_t i = begin; i < end;) {
                const std::size_t start = i;
                unicode::next(bytes, i);
                if (!rewrite(start, i))
                    out.keep(start, i);
            }
        }
        begin = end;
    }
    return out.finish();
}

std::string decodeBase64(std::string_view text, const std::string& source)
{
    constexpr std::string_view Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while (text.ends_with('='))
        text.remove_suffix(1);
    std::string out;
    out.reserve(text.size() * 3 / 4);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const std::size_t value = Alphabet.find(c);
        if (value == Alphabet.npos)
            throw Error(ErrorKind::BadInput, fmt::format("{}: precompiled_charsmap is not Base64", source),
                        "The tokenizer file is damaged; fetch it again.");
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<char>((bits >> count) & 0xFF));
        }
    }
    return out;
}

} // namespace lora
