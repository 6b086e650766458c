#include "core/data/cell_text.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace lora {

std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view space = " \t\r\n\f\v";
    const std::size_t begin = text.find_first_not_of(space);
    if (begin == std::string_view::npos)
        return {};
    return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

bool isBlank(std::string_view text)
{
    return trimmed(text).empty();
}

std::string comparableName(std::string_view name)
{
    std::string result(trimmed(name));
    std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::tolower(c); });
    return result;
}

bool isNumber(const std::string& text)
{
    // strtod takes spaces, "inf", "nan" and hexadecimal too: none of these is a number in a data file.
    if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string::npos)
        return false;
    char* end = nullptr;
    const float value = std::strtof(text.c_str(), &end);
    return end == text.c_str() + text.size() && std::isfinite(value);
}

bool isInteger(const std::string& text)
{
    const std::size_t start = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    return text.size() > start && text.size() <= start + 18 &&
           text.find_first_not_of("0123456789", start) == std::string::npos;
}

} // namespace lora
