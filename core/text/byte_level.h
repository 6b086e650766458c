#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lora::byte_level {

/// GPT-2's printable alphabet for bytes: a byte that is printable in Latin-1 stands for itself, the others
/// for U+0100 and up in order (a space is "Ġ").

/// The character of a byte, as UTF-8.
std::string_view characterOf(unsigned char byte);
/// The byte of a character; nothing for one outside the alphabet.
std::optional<char> byteOf(char32_t character);
std::string encode(std::string_view bytes);
/// The bytes a token stands for; a token with characters outside the alphabet stands for its own bytes.
std::string decode(std::string_view token);

} // namespace lora::byte_level
