#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// Joins tokens to text: with spaces, and for WordPiece without one before a continuation ("##ing") and, when
/// cleaning up, before punctuation and English contractions.
struct TokenDecoder
{
    std::string prefix;   ///< of continuations; empty: words only
    bool cleanup = false; ///< "do n't ." -> "don't."

    std::string decode(const std::vector<std::string_view>& tokens) const;
};

/// From the "decoder" of a tokenizer.json; plain joining for null. Throws lora::Error like the other makers.
TokenDecoder makeTokenDecoder(const nlohmann::json& description, const std::string& source);

} // namespace lora
