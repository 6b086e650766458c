#pragma once

#include "core/base/rng.h"

#include <string>

namespace lora::test {

/// `bytes` with one to four small damages: a changed byte, a cut, a repeated or removed piece, a digit made
/// larger.
inline std::string mutated(std::string bytes, Rng& rng)
{
    const std::uint64_t damages = 1 + rng.below(4);
    for (std::uint64_t i = 0; i < damages && !bytes.empty(); ++i) {
        const std::size_t at = rng.below(bytes.size());
        const std::size_t length = std::min<std::size_t>(1 + rng.below(16), bytes.size() - at);
        switch (rng.below(6)) {
        case 0:
            bytes[at] = static_cast<char>(rng.below(256));
            break;
        case 1:
            bytes[at] = "{}[]\",:0123456789-.eE\\ntfu"[rng.below(26)];
            break;
        case 2:
            bytes.erase(at, length);
            break;
        case 3:
            bytes.insert(at, bytes.substr(at, length));
            break;
        case 4:
            bytes.resize(at);
            break;
        default:
            if (const std::size_t digit = bytes.find_first_of("0123456789", at); digit != bytes.npos)
                bytes.insert(digit, rng.below(2) ? "99999999" : "-");
        }
    }
    return bytes;
}

} // namespace lora::test
