#pragma once

#include "core/text/unicode.h"

#include <rapidcheck.h>

#include <string>
#include <vector>

namespace lora::test {

/// Valid UTF-8 of every kind: words, runs of whitespace, contractions, marks, ideographs, emoji, anything.
inline rc::Gen<std::string> randomText()
{
    const auto character = rc::gen::oneOf(
        rc::gen::inRange<std::uint32_t>(0x20, 0x7F), rc::gen::inRange<std::uint32_t>('a', 'f'),
        rc::gen::element<std::uint32_t>(' ', ' ', '\n', '\r', '\t', 0xA0, 0x3000, '\'', 's', 'T', 'l', 0x17F,
                                        '0', 0x0661, 0x301, 0xE9, 0x2581, 0x4E2D, 0x1F600, 0x200D, 0xFFFD, 0),
        rc::gen::inRange<std::uint32_t>(0x80, 0x3000), rc::gen::inRange<std::uint32_t>(0xE000, 0x110000));
    return rc::gen::map(rc::gen::container<std::vector<std::uint32_t>>(character),
                        [](const std::vector<std::uint32_t>& characters) {
                            std::string text;
                            for (const std::uint32_t c : characters)
                                unicode::append(static_cast<char32_t>(c), text);
                            return text;
                        });
}

} // namespace lora::test
