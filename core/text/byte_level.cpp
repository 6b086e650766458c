#include "core/text/byte_level.h"

#include "core/text/unicode.h"

#include <array>

namespace lora::byte_level {

namespace {

struct Alphabet
{
    std::array<std::string, 256> characters;
    std::array<int, 512> bytes;

    Alphabet()
    {
        bytes.fill(-1);
        char32_t next = 256;
        for (int byte = 0; byte < 256; ++byte) {
            const bool isPrintable =
                (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
            const char32_t character = isPrintable ? static_cast<char32_t>(byte) : next++;
            unicode::append(character, characters[static_cast<std::size_t>(byte)]);
            bytes[character] = byte;
        }
    }
};

const Alphabet& alphabet()
{
    static const Alphabet TheAlphabet;
    return TheAlphabet;
}

} // namespace

std::string_view characterOf(unsigned char byte)
{
    return alphabet().characters[byte];
}

std::optional<char> byteOf(char32_t character)
{
    const auto& bytes = alphabet().bytes;
    if (character >= bytes.size() || bytes[character] < 0)
        return std::nullopt;
    return static_cast<char>(bytes[character]);
}

std::string encode(std::string_view bytes)
{
    std::string out;
    for (const char byte : bytes)
        out += characterOf(static_cast<unsigned char>(byte));
    return out;
}

std::string decode(std::string_view token)
{
    std::string out;
    for (std::size_t i = 0; i < token.size();) {
        const auto byte = byteOf(unicode::next(token, i));
        if (!byte)
            return std::string(token);
        out += *byte;
    }
    return out;
}

} // namespace lora::byte_level
