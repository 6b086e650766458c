#pragma once

#include <string>
#include <string_view>

namespace lora {

/// Without spaces, tabs and line ends at both ends.
std::string_view trimmed(std::string_view text);
bool isBlank(std::string_view text);
/// Trimmed and in lower case (ASCII): how column names are compared.
std::string comparableName(std::string_view name);
/// The whole text is one decimal number.
bool isNumber(const std::string& text);
/// The whole text is one integer of at most 18 digits.
bool isInteger(const std::string& text);

} // namespace lora
