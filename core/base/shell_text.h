#pragma once

#include <string>

namespace lora {

/// One word for a POSIX shell, whatever is in the text: in single quotes unless it is plain without.
std::string shellWord(const std::string& text);

} // namespace lora
