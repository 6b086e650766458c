#pragma once

#include <string_view>

namespace lora {

/// The character that separates the fields of a CSV text: a comma, unless only semicolons or tabs give its
/// first records equal numbers of fields.
char csvDelimiter(std::string_view text);

/// "a ZIP archive or spreadsheet", "UTF-16 text", …; null for what may be text.
const char* binaryKind(std::string_view bytes);

} // namespace lora
