#include "core/base/display_text.h"

#include <algorithm>
#include <array>
#include <utility>

namespace lora {

namespace {

using Range = std::pair<char32_t, char32_t>;

constexpr std::array<Range, 9> wideRanges = {{{0x1100, 0x115F},
                                              {0x2E80, 0xA4CF},
                                              {0xAC00, 0xD7A3},
                                              {0xF900, 0xFAFF},
                                              {0xFE30, 0xFE6F},
                                              {0xFF00, 0xFF60},
                                              {0xFFE0, 0xFFE6},
                                              {0x1F300, 0x1FAFF},
                                              {0x20000, 0x3FFFD}}};
constexpr std::array<Range, 3> combiningRanges = {{{0x0300, 0x036F}, {0x200B, 0x200F}, {0xFE00, 0xFE0F}}};

/// The code point that begins at `at`, which moves behind it; a byte that is not UTF-8 stands for itself.
char32_t takeCodePoint(std::string_view text, std::size_t& at)
{
    const auto lead = static_cast<unsigned char>(text[at++]);
    const std::size_t more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    char32_t point = more == 0 ? lead : lead & (0x3Fu >> more);
    for (std::size_t count = 0; count < more && at < text.size() && (text[at] & 0xC0) == 0x80; ++count)
        point = (point << 6) | (static_cast<unsigned char>(text[at++]) & 0x3Fu);
    return point;
}

template <std::size_t N>
bool isIn(const std::array<Range, N>& ranges, char32_t point)
{
    return std::any_of(ranges.begin(), ranges.end(),
                       [&](const Range& range) { return point >= range.first && point <= range.second; });
}

std::size_t widthOf(char32_t point)
{
    return isIn(wideRanges, point) ? 2 : isIn(combiningRanges, point) ? 0 : 1;
}

bool isControl(char32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0);
}

} // namespace

std::size_t displayWidth(std::string_view text)
{
    std::size_t columns = 0;
    for (std::size_t at = 0; at < text.size();)
        columns += widthOf(takeCodePoint(text, at));
    return columns;
}

std::string printable(std::string_view text)
{
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        const char32_t point = takeCodePoint(text, at);
        out += isControl(point) ? "?" : text.substr(begin, at - begin);
    }
    return out;
}

std::string fitted(std::string_view text, std::size_t columns)
{
    const bool isCut = displayWidth(text) > columns;
    std::size_t used = isCut ? 1 : 0;
    std::size_t at = 0;
    std::size_t end = 0;
    while (at < text.size()) {
        used += widthOf(takeCodePoint(text, at));
        if (used > columns)
            break;
        end = at;
    }
    return printable(text.substr(0, end)) + (isCut && columns > 0 ? "…" : "");
}

std::string padded(std::string_view text, std::size_t columns, Align align)
{
    const std::string space(columns - std::min(columns, displayWidth(text)), ' ');
    return align == Align::Right ? space + std::string(text) : std::string(text) + space;
}

std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent)
{
    std::string out;
    std::size_t used = 0;
    const auto breakLine = [&] {
        out += '\n' + std::string(indent, ' ');
        used = indent;
    };
    bool isLineEmpty = true;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '\n' || text[at] == ' ') {
            if (text[at] == '\n') {
                breakLine();
                isLineEmpty = true;
            }
            ++at;
            continue;
        }
        std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
        if (text.substr(end).starts_with(" %")) // a number stays with its percent sign
            end = std::min(text.find_first_of(" \n", end + 1), text.size());
        const std::string_view word = text.substr(at, end - at);
        if (!isLineEmpty && used + 1 + displayWidth(word) > columns) {
            breakLine();
            isLineEmpty = true;
        }
        out += (isLineEmpty ? "" : " ") + std::string(word);
        used += displayWidth(word) + (isLineEmpty ? 0 : 1);
        isLineEmpty = false;
        at = end;
    }
    return out;
}

std::string besideLabel(std::string_view label, std::string_view text, std::size_t indent,
                        std::size_t columns)
{
    const std::string space(indent, ' ');
    const bool fits = displayWidth(label) + 2 <= indent;
    std::string out = fits ? padded(label, indent) : std::string(label) + "\n" + space;
    for (const char character : wrapped(text, columns - std::min(columns, indent))) {
        out += character;
        if (character == '\n')
            out += space;
    }
    return out;
}

} // namespace lora
