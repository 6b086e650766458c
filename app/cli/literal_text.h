#pragma once

#include <string>

namespace lora::app {

/// CLI11 takes an argument "[a,b]" of a list for the list a, b, but "[CLS]" is a text like any other: it goes
/// through the parser with a character at its end that no argument has.
inline constexpr char literalGuard = '\x1f';

inline std::string guarded(std::string text)
{
    if (text.ends_with(']'))
        text += literalGuard;
    return text;
}

inline std::string unguarded(std::string text)
{
    if (text.ends_with(literalGuard))
        text.pop_back();
    return text;
}

} // namespace lora::app
