#pragma once

#include "core/text/aligned_text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// Sentencepiece's compiled table of replacements ("nmt_nfkc" and its like): a double-array trie of character
/// sequences and what each becomes. Applied as Hugging Face's tokenizers do, grapheme by grapheme.
class PrecompiledCharsmap
{
public:
    /// `blob` is the table's bytes: trie size, trie, replacements ended by NUL. Throws lora::Error (BadInput)
    /// naming `source`.
    PrecompiledCharsmap(std::string_view blob, const std::string& source);

    AlignedText normalize(const AlignedText& text) const;

private:
    std::optional<std::string_view> replacementOf(std::string_view characters) const;

    std::vector<std::uint32_t> m_trie;
    std::string m_replacements;
};

/// Throws lora::Error (BadInput) naming `source` for anything but Base64.
std::string decodeBase64(std::string_view text, const std::string& source);

} // namespace lora
