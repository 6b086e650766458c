#pragma once

#include "core/text/vocabulary.h"

#include <array>

namespace lora {

/// The tokens "<0x00>" to "<0xFF>" of a vocabulary with byte fallback.
class ByteTokens
{
public:
    /// None at all.
    ByteTokens() { m_ids.fill(-1); }
    explicit ByteTokens(const Vocabulary& vocabulary);

    /// Whether every byte of `text` has a token.
    bool covers(std::string_view text) const;
    std::int32_t idOf(char byte) const { return m_ids[static_cast<unsigned char>(byte)]; }

    /// The byte a token of the form "<0x0A>" stands for; -1 for others.
    static int byteOf(std::string_view token);

private:
    std::array<std::int32_t, 256> m_ids;
};

} // namespace lora
