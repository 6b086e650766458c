#include "core/text/unicode.h"

#include "core/base/error.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

#include <cstring>
#include <limits>
#include <memory>
#include <vector>

namespace lora::unicode {

namespace {

bool hasCategory(char32_t character, std::uint32_t mask)
{
    return (U_GET_GC_MASK(static_cast<UChar32>(character)) & mask) != 0;
}

bool isAsciiPunctuation(char32_t character)
{
    return (character >= '!' && character <= '/') || (character >= ':' && character <= '@') ||
           (character >= '[' && character <= '`') || (character >= '{' && character <= '~');
}

const UNormalizer2* normalizerFor(NormalForm form, UErrorCode& status)
{
    switch (form) {
    case NormalForm::C:
        return unorm2_getNFCInstance(&status);
    case NormalForm::D:
        return unorm2_getNFDInstance(&status);
    case NormalForm::KC:
        return unorm2_getNFKCInstance(&status);
    case NormalForm::KD:
        return unorm2_getNFKDInstance(&status);
    }
    return nullptr;
}

void check(UErrorCode status)
{
    if (U_FAILURE(status))
        throw Error(ErrorKind::Internal, std::string("Unicode normalisation failed: ") + u_errorName(status));
}

std::vector<UChar> toUtf16(std::string_view text)
{
    UErrorCode status = U_ZERO_ERROR;
    std::vector<UChar> out(text.size() + 1); // never more UTF-16 units than UTF-8 bytes
    std::int32_t length = 0;
    u_strFromUTF8(out.data(), static_cast<std::int32_t>(out.size()), &length, text.data(),
                  static_cast<std::int32_t>(text.size()), &status);
    check(status);
    out.resize(static_cast<std::size_t>(length));
    return out;
}

std::string toUtf8(const std::vector<UChar>& text)
{
    UErrorCode status = U_ZERO_ERROR;
    std::string out(text.size() * 3 + 1, '\0');
    std::int32_t length = 0;
    u_strToUTF8(out.data(), static_cast<std::int32_t>(out.size()), &length, text.data(),
                static_cast<std::int32_t>(text.size()), &status);
    check(status);
    out.resize(static_cast<std::size_t>(length));
    return out;
}

} // namespace

bool isAscii(std::string_view text)
{
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t block = 0;
        std::memcpy(&block, text.data() + i, 8);
        if (block & 0x8080808080808080u)
            return false;
    }
    for (; i < text.size(); ++i)
        if (text[i] & 0x80)
            return false;
    return true;
}

std::string validUtf8(std::string_view text)
{
    if (isAscii(text))
        return std::string(text);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        UChar32 character = 0;
        U8_NEXT(text.data(), i, text.size(), character);
        append(character < 0 ? U'\uFFFD' : static_cast<char32_t>(character), out);
    }
    return out;
}

bool isValidUtf8(std::string_view text)
{
    for (std::size_t i = 0; i < text.size();) {
        UChar32 character = 0;
        U8_NEXT(text.data(), i, text.size(), character);
        if (character < 0)
            return false;
    }
    return true;
}

char32_t next(std::string_view text, std::size_t& position)
{
    UChar32 character = 0;
    U8_NEXT(text.data(), position, text.size(), character);
    return character < 0 ? U'\uFFFD' : static_cast<char32_t>(character);
}

char32_t previous(std::string_view text, std::size_t& position)
{
    do
        --position;
    while (position > 0 && (text[position] & 0xC0) == 0x80);
    std::size_t start = position;
    return next(text, start);
}

void append(char32_t character, std::string& text)
{
    if (character < 0x80) {
        text.push_back(static_cast<char>(character));
        return;
    }
    char bytes[U8_MAX_LENGTH];
    std::size_t length = 0;
    U8_APPEND_UNSAFE(bytes, length, character);
    text.append(bytes, length);
}

std::size_t length(std::string_view text, std::size_t limit)
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < text.size() && count <= limit; ++i)
        count += (text[i] & 0xC0) != 0x80;
    return count;
}

bool isWhitespace(char32_t character)
{
    if (character < 0x80)
        return character == ' ' || (character >= '\t' && character <= '\r');
    return u_isUWhiteSpace(static_cast<UChar32>(character));
}

bool isPunctuation(char32_t character)
{
    return character < 0x80 ? isAsciiPunctuation(character) : hasCategory(character, U_GC_P_MASK);
}

bool isMark(char32_t character)
{
    return character >= 0x300 && hasCategory(character, U_GC_M_MASK);
}
bool isNonspacingMark(char32_t character)
{
    return character >= 0x300 && hasCategory(character, U_GC_MN_MASK);
}
bool isLetter(char32_t character)
{
    if (character < 0x80)
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    return hasCategory(character, U_GC_L_MASK);
}
bool isNumeric(char32_t character)
{
    if (character < 0x80)
        return character >= '0' && character <= '9';
    return hasCategory(character, U_GC_N_MASK);
}

bool isWord(char32_t character)
{
    return u_isUAlphabetic(static_cast<UChar32>(character)) ||
           hasCategory(character, U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK) || character == 0x200C ||
           character == 0x200D;
}

bool isControl(char32_t character)
{
    if (character < 0x80)
        return (character < 0x20 && character != '\t' && character != '\n' && character != '\r') ||
               character == 0x7F;
    return hasCategory(character, U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK);
}

bool isIdeograph(char32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
           (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) ||
           (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

std::string normalized(std::string_view text, NormalForm form)
{
    if (isAscii(text))
        return std::string(text);
    // ICU counts in 32 bits and one character may become 18.
    if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max() / 32))
        throw Error(ErrorKind::BadInput, "a text too long to be normalised");
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* normalizer = normalizerFor(form, status);
    check(status);
    const std::vector<UChar> source = toUtf16(text);
    const auto sourceLength = static_cast<std::int32_t>(source.size());
    if (unorm2_isNormalized(normalizer, source.data(), sourceLength, &status) && U_SUCCESS(status))
        return std::string(text);
    std::vector<UChar> out(source.size() * 2 + 16);
    for (;;) {
        status = U_ZERO_ERROR;
        const std::int32_t length = unorm2_normalize(normalizer, source.data(), sourceLength, out.data(),
                                                     static_cast<std::int32_t>(out.size()), &status);
        const bool isTooSmall = status == U_BUFFER_OVERFLOW_ERROR;
        if (!isTooSmall)
            check(status);
        out.resize(static_cast<std::size_t>(length));
        if (!isTooSmall)
            return toUtf8(out);
    }
}

std::size_t endOfNormalizedPart(std::string_view text, std::size_t begin, NormalForm form)
{
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* normalizer = normalizerFor(form, status);
    check(status);
    std::size_t end = begin;
    next(text, end);
    while (end < text.size()) {
        std::size_t after = end;
        if (unorm2_hasBoundaryBefore(normalizer, static_cast<UChar32>(next(text, after))))
            break;
        end = after;
    }
    return end;
}

std::vector<std::size_t> graphemeEnds(std::string_view text)
{
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<icu::BreakIterator> breaks(
        icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
    check(status);
    UText view = UTEXT_INITIALIZER;
    utext_openUTF8(&view, text.data(), static_cast<std::int64_t>(text.size()), &status);
    check(status);
    breaks->setText(&view, status);
    check(status);
    std::vector<std::size_t> ends;
    while (breaks->next() != icu::BreakIterator::DONE)
        ends.push_back(static_cast<std::size_t>(breaks->current()));
    utext_close(&view);
    return ends;
}

void appendLowercase(char32_t character, std::string& text)
{
    if (character < 0x80) {
        text.push_back(static_cast<char>(character >= 'A' && character <= 'Z' ? character + 32 : character));
        return;
    }
    append(static_cast<char32_t>(u_tolower(static_cast<UChar32>(character))), text);
    if (character == 0x130) // İ is the one character whose lower case is two: i and a dot above
        append(0x307, text);
}

} // namespace lora::unicode
