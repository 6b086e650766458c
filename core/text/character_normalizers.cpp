#include "core/text/character_normalizers.h"

#include "core/text/byte_level.h"

namespace lora {

AlignedText lowercased(AlignedText text)
{
    if (unicode::isAscii(text.text())) {
        for (char& c : text.bytes())
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        return text;
    }
    TextRewriter out(text);
    std::string lower;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        lower.clear();
        unicode::appendLowercase(unicode::next(text.text(), i), lower);
        out.replace(start, i, lower);
    }
    return out.finish();
}

AlignedText normalForm(AlignedText text, unicode::NormalForm form)
{
    if (unicode::isAscii(text.text()))
        return text;
    const std::string_view bytes = text.text();
    TextRewriter out(text);
    for (std::size_t i = 0; i < bytes.size();) {
        const std::size_t start = i;
        i = unicode::endOfNormalizedPart(bytes, start, form);
        const std::string_view part = bytes.substr(start, i - start);
        const std::string rewritten = unicode::normalized(part, form);
        if (rewritten == part)
            out.keep(start, i);
        else
            out.replace(start, i, rewritten);
    }
    return out.finish();
}

AlignedText stripped(const AlignedText& text, bool left, bool right)
{
    const std::string_view bytes = text.text();
    std::size_t begin = 0;
    std::size_t end = bytes.size();
    for (std::size_t i = 0; left && i < end && unicode::isWhitespace(unicode::next(bytes, i));)
        begin = i;
    for (std::size_t i = end; right && i > begin && unicode::isWhitespace(unicode::previous(bytes, i));)
        end = i;
    return text.slice(begin, end);
}

AlignedText byteLevelText(const AlignedText& text)
{
    TextRewriter out(text);
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        unicode::next(text.text(), i);
        for (std::size_t byte = start; byte < i; ++byte)
            out.replace(start, i, byte_level::characterOf(static_cast<unsigned char>(text.text()[byte])));
    }
    return out.finish();
}

AlignedText nmtCleaned(const AlignedText& text)
{
    TextRewriter out(text);
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        const char32_t c = unicode::next(text.text(), i);
        const bool isDropped =
            (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
        const bool isSpace = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
                             (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                             c == 0xFEFF || c == 0xFFFD;
        if (isSpace)
            out.replace(start, i, " ");
        else if (!isDropped)
            out.keep(start, i);
    }
    return out.finish();
}

} // namespace lora
