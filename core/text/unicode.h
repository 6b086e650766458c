#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lora::unicode {

/// Character classes and normal forms as tokenizers use them (ICU underneath). All text is valid UTF-8 unless
/// said otherwise; `validUtf8` makes it so.

enum class NormalForm { C, D, KC, KD };

bool isAscii(std::string_view text);
/// Every malformed byte sequence becomes U+FFFD.
std::string validUtf8(std::string_view text);
bool isValidUtf8(std::string_view text);

/// The code point at `position`, which moves past it. `position` must be inside `text`.
char32_t next(std::string_view text, std::size_t& position);
/// The code point that ends at `position`, which moves before it. `position` must not be 0.
char32_t previous(std::string_view text, std::size_t& position);
void append(char32_t character, std::string& text);
/// Code points, but counting stops above `limit`.
std::size_t length(std::string_view text, std::size_t limit);

bool isWhitespace(char32_t character);     ///< White_Space
bool isPunctuation(char32_t character);    ///< P* or ASCII punctuation ($+<=>^`|~ too), BERT's definition
bool isMark(char32_t character);           ///< M*
bool isNonspacingMark(char32_t character); ///< Mn
bool isLetter(char32_t character);         ///< L*
bool isNumeric(char32_t character);        ///< N*
bool isWord(char32_t character);           ///< \w of regular expressions (UTS 18)
/// Cc, Cf or Co but not tab and line breaks: what BERT's cleaning drops. Unassigned characters are kept, as
/// in Hugging Face's tokenizers.
bool isControl(char32_t character);
/// BERT's "Chinese characters": the CJK ideograph blocks (with the block starts as Hugging Face codes them).
bool isIdeograph(char32_t character);

std::string normalized(std::string_view text, NormalForm form);
/// The end of the part that begins at `begin` and is normalised on its own, whatever comes before and after.
std::size_t endOfNormalizedPart(std::string_view text, std::size_t begin, NormalForm form);
/// Where the user-perceived characters (extended grapheme clusters) of a text end, in order.
std::vector<std::size_t> graphemeEnds(std::string_view text);
/// Character by character, without regard to context (final sigma stays σ), as tokenizers do.
void appendLowercase(char32_t character, std::string& text);

} // namespace lora::unicode
