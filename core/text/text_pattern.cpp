#include "core/text/text_pattern.h"

#include "core/base/stopwatch.h"
#include "core/text/unicode.h"
#include "core/text/word_pattern.h"

#include <unicode/regex.h>

namespace lora {

namespace {

constexpr std::size_t MaxPatternBytes = 16384;
constexpr std::int32_t MaxStackBytes = 8 << 20; // of ICU's backtracking, for one match
constexpr std::int32_t MaxSteps = 200;          // ICU's units of about a millisecond, for one match

class StringPattern : public TextPattern
{
public:
    explicit StringPattern(std::string pattern)
        : m_pattern(std::move(pattern))
    {}

    void forEachMatch(std::string_view text,
                      const std::function<void(std::size_t, std::size_t)>& onMatch) const override
    {
        for (std::size_t found = 0; (found = text.find(m_pattern, found)) != text.npos;) {
            onMatch(found, found + m_pattern.size());
            found += m_pattern.size();
        }
    }

private:
    std::string m_pattern;
};

/// The word patterns of well-known models, in linear time.
class KnownWordPattern : public TextPattern
{
public:
    explicit KnownWordPattern(const WordPattern& pattern)
        : m_pattern(pattern)
    {}

    void forEachMatch(std::string_view text,
                      const std::function<void(std::size_t, std::size_t)>& onMatch) const override
    {
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t end = m_pattern.endOfWord(text, begin);
            onMatch(begin, end);
            begin = end;
        }
    }

private:
    const WordPattern& m_pattern;
};

class RegexPattern : public TextPattern
{
public:
    RegexPattern(const std::string& expression, const std::string& source)
        : m_expression(expression)
        , m_source(source)
    {
        UErrorCode status = U_ZERO_ERROR;
        UParseError place;
        m_pattern.reset(
            icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(expression), 0, place, status));
        check(status);
    }

    void forEachMatch(std::string_view text,
                      const std::function<void(std::size_t, std::size_t)>& onMatch) const override
    {
        UErrorCode status = U_ZERO_ERROR;
        const icu::UnicodeString unicode = icu::UnicodeString::fromUTF8(
            icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
        const std::unique_ptr<icu::RegexMatcher> matcher(m_pattern->matcher(unicode, status));
        check(status);
        matcher->setTimeLimit(MaxSteps, status);
        matcher->setStackLimit(MaxStackBytes, status);
        check(status);
        const Stopwatch watch;
        const double secondsAllowed = 1.0 + 1e-5 * static_cast<double>(text.size());
        Cursor cursor{text};
        while (matcher->find(status)) {
            const std::int32_t begin = matcher->start(status);
            const std::int32_t end = matcher->end(status);
            if (watch.seconds() > secondsAllowed)
                status = U_REGEX_TIME_OUT;
            check(status);
            if (end == begin)
                continue;
            const std::size_t first = cursor.advance(begin);
            onMatch(first, cursor.advance(end));
        }
        check(status);
    }

private:
    /// Turns rising positions in UTF-16 into positions in UTF-8.
    struct Cursor
    {
        std::string_view text;
        std::size_t byte = 0;
        std::int32_t unit = 0;

        std::size_t advance(std::int32_t target)
        {
            while (unit < target && byte < text.size())
                unit += unicode::next(text, byte) >= 0x10000 ? 2 : 1;
            return byte;
        }
    };

    void check(UErrorCode status) const
    {
        if (U_FAILURE(status))
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: the regular expression \"{}\" cannot be used: {}", m_source,
                                    m_expression.substr(0, 200), u_errorName(status)),
                        "The tokenizer file is damaged, or its expression is too costly.");
    }

    std::string m_expression;
    std::string m_source;
    std::unique_ptr<icu::RegexPattern> m_pattern; ///< shared by threads; matchers are not
};

} // namespace

std::unique_ptr<TextPattern> makeStringPattern(const std::string& pattern)
{
    return std::make_unique<StringPattern>(pattern);
}

std::unique_ptr<TextPattern> makeRegexPattern(const std::string& expression, const std::string& source)
{
    return std::make_unique<RegexPattern>(expression, source);
}

std::unique_ptr<TextPattern> makeTextPattern(const nlohmann::json& description, const std::string& source,
                                             const std::string& component)
{
    const JsonFields fields(description, source, component);
    const bool isRegex = fields.has("Regex");
    const std::string pattern = fields.text(isRegex ? "Regex" : "String");
    if (pattern.empty() || pattern.size() > MaxPatternBytes)
        fields.refuse(
            fmt::format("a pattern of {} bytes, expected 1 to {}", pattern.size(), MaxPatternBytes));
    if (!isRegex)
        return std::make_unique<StringPattern>(pattern);
    if (const WordPattern* known = WordPattern::find(pattern))
        return std::make_unique<KnownWordPattern>(*known);
    return makeRegexPattern(pattern, fmt::format("{}: {}", source, component));
}

} // namespace lora
