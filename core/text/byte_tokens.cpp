#include "core/text/byte_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace lora {

ByteTokens::ByteTokens(const Vocabulary& vocabulary)
{
    for (std::size_t byte = 0; byte < m_ids.size(); ++byte)
        m_ids[byte] = vocabulary.find(fmt::format("<0x{:02X}>", byte)).value_or(-1);
}

bool ByteTokens::covers(std::string_view text) const
{
    return std::all_of(text.begin(), text.end(), [this](char byte) { return idOf(byte) >= 0; });
}

int ByteTokens::byteOf(std::string_view token)
{
    if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>')
        return -1;
    int byte = 0;
    const char* end = token.data() + 5;
    const auto result = std::from_chars(token.data() + 3, end, byte, 16);
    return result.ec == std::errc() && result.ptr == end && byte >= 0 ? byte : -1;
}

} // namespace lora
