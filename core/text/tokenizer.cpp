#include "core/text/tokenizer.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace lora {

namespace {

/// Copies tokens [begin, end) of one encoding to the end of another.
void append(const Encoding& from, std::size_t begin, std::size_t end, Encoding& to)
{
    const auto copy = [&](const auto& source, auto& target) {
        target.insert(target.end(), source.begin() + static_cast<std::ptrdiff_t>(begin),
                      source.begin() + static_cast<std::ptrdiff_t>(end));
    };
    copy(from.ids, to.ids);
    copy(from.typeIds, to.typeIds);
    copy(from.tokens, to.tokens);
    copy(from.isSpecial, to.isSpecial);
    copy(from.spans, to.spans);
    copy(from.sequenceIds, to.sequenceIds);
}

/// U+FFFD at the end may be the first bytes of a character that is still incomplete.
std::size_t endOfWholeCharacters(std::string_view text)
{
    constexpr std::string_view Replacement = "\uFFFD";
    while (text.ends_with(Replacement))
        text.remove_suffix(Replacement.size());
    return text.size();
}

} // namespace

std::vector<Encoding> Tokenizer::encodeWindows(std::string_view text, std::string_view pair, int maxLength,
                                               int stride) const
{
    const Encoding whole = encode(text, pair, SpecialTokens::Add, 0);
    const auto& sequences = whole.sequenceIds;
    const auto first = std::find(sequences.begin(), sequences.end(), std::int8_t{1});
    const auto ofPair = std::count(sequences.begin(), sequences.end(), std::int8_t{1});
    const auto others = static_cast<std::ptrdiff_t>(whole.ids.size()) - ofPair;
    if (maxLength > 0 && std::ptrdiff_t{maxLength} >= others + ofPair)
        return {whole};
    const std::ptrdiff_t room = maxLength - others;
    if (stride < 0 || room <= stride)
        throw Error(ErrorKind::BadUsage,
                    fmt::format("a maximum length of {} leaves room for {} tokens of the second text beside "
                                "{} of the first and special ones; expected more than the stride of {}",
                                maxLength, std::max<std::ptrdiff_t>(room, 0), others, stride),
                    "Give a larger maximum length, a smaller stride, or a shorter first text.");
    const auto begin = static_cast<std::size_t>(first - sequences.begin());
    const std::size_t end = begin + static_cast<std::size_t>(ofPair);
    std::vector<Encoding> windows;
    for (std::size_t start = begin, stop = begin; stop < end;
         start += static_cast<std::size_t>(room - stride)) {
        stop = std::min(end, start + static_cast<std::size_t>(room));
        Encoding& window = windows.emplace_back();
        append(whole, 0, begin, window);
        append(whole, start, stop, window);
        append(whole, end, whole.ids.size(), window);
        window.isTruncated = true;
    }
    return windows;
}

void StreamDecoder::skip(const std::vector<std::int32_t>& ids)
{
    m_ids.insert(m_ids.end(), ids.begin(), ids.end());
    m_emitted = m_tokenizer.decode(m_ids).size();
}

std::string StreamDecoder::push(std::int32_t id)
{
    m_ids.push_back(id);
    std::vector<std::int32_t> settled = m_ids;
    settled.resize(m_tokenizer.settledIds(m_ids));
    const std::string text = m_tokenizer.decode(settled);
    return emitUpTo(text, endOfWholeCharacters(text));
}

std::string StreamDecoder::finish()
{
    const std::string text = m_tokenizer.decode(m_ids);
    return emitUpTo(text, text.size());
}

std::string StreamDecoder::emitUpTo(const std::string& text, std::size_t end)
{
    if (end <= m_emitted)
        return {};
    std::string added = text.substr(m_emitted, end - m_emitted);
    m_emitted = end;
    return added;
}

} // namespace lora
