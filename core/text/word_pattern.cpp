#include "core/text/word_pattern.h"

#include "core/text/unicode.h"

namespace lora {

namespace {

constexpr WordPattern Gpt2{R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)"};
constexpr WordPattern Llama3{
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    true, true, 3, true};
constexpr WordPattern Qwen2{
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    true, true, 1, true};

enum class Kind { Letter, Number, Space, Other, End };

Kind kindAt(std::string_view text, std::size_t position, std::size_t& end)
{
    end = position;
    if (position >= text.size())
        return Kind::End;
    const char32_t c = unicode::next(text, end);
    if (unicode::isLetter(c))
        return Kind::Letter;
    if (unicode::isNumeric(c))
        return Kind::Number;
    return unicode::isWhitespace(c) ? Kind::Space : Kind::Other;
}

bool isLineBreak(std::string_view text, std::size_t position)
{
    return position < text.size() && (text[position] == '\r' || text[position] == '\n');
}

/// The end of the run of one kind that begins at `begin`; at most `limit` characters unless that is 0.
std::size_t endOfRun(std::string_view text, std::size_t begin, Kind kind, int limit = 0)
{
    std::size_t end = begin;
    std::size_t next = 0;
    for (int count = 0; (limit == 0 || count < limit) && kindAt(text, end, next) == kind; ++count)
        end = next;
    return end;
}

std::size_t endOfLineBreaks(std::string_view text, std::size_t begin)
{
    while (isLineBreak(text, begin))
        ++begin;
    return begin;
}

/// 's 't 're 've 'm 'll 'd; `begin` when none is there.
std::size_t endOfContraction(std::string_view text, std::size_t begin, bool ignoresCase)
{
    if (text[begin] != '\'')
        return begin;
    const auto folded = [&](std::size_t i) {
        const char c = i < text.size() ? text[i] : '\0';
        return ignoresCase && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    };
    const char first = folded(begin + 1);
    const char second = folded(begin + 2);
    if (first == 's' || first == 't' || first == 'm' || first == 'd')
        return begin + 2;
    if (((first == 'r' || first == 'v') && second == 'e') || (first == 'l' && second == 'l'))
        return begin + 3;
    if (ignoresCase && text.substr(begin + 1).starts_with("\u017F")) // the long s folds to s
        return begin + 3;
    return begin;
}

/// \s*[\r\n]+ (where line breaks count), else \s+(?!\S), else \s+.
std::size_t endOfSpace(std::string_view text, std::size_t begin, bool takesLineBreaks)
{
    std::size_t end = begin;
    std::size_t last = begin;       // start of the last character of the run
    std::size_t lineBreaks = begin; // end of the last line break in it
    for (std::size_t next = 0; kindAt(text, end, next) == Kind::Space; end = next) {
        last = end;
        if (isLineBreak(text, end))
            lineBreaks = next;
    }
    if (takesLineBreaks && lineBreaks > begin)
        return lineBreaks;
    return end == text.size() || last == begin ? end : last; // the last one belongs to the word that follows
}

} // namespace

std::size_t WordPattern::endOfWord(std::string_view text, std::size_t begin) const
{
    if (const std::size_t end = endOfContraction(text, begin, ignoresCase); end > begin)
        return end;
    std::size_t next = 0;
    std::size_t afterNext = 0;
    const Kind kind = kindAt(text, begin, next);
    const Kind following = kindAt(text, next, afterNext);
    if (kind == Kind::Letter)
        return endOfRun(text, begin, kind);
    if (kind == Kind::Number)
        return endOfRun(text, begin, kind, digits);
    const bool isSpace = text[begin] == ' ';
    if (following == Kind::Letter && (isSpace || (takesAnyLead && !isLineBreak(text, begin))))
        return endOfRun(text, next, following);
    if (following == Kind::Number && isSpace && digits == 0)
        return endOfRun(text, next, following);
    if (kind == Kind::Other || (isSpace && following == Kind::Other)) {
        const std::size_t end = endOfRun(text, kind == Kind::Other ? begin : next, Kind::Other);
        return takesLineBreaks ? endOfLineBreaks(text, end) : end;
    }
    return endOfSpace(text, begin, takesLineBreaks);
}

const WordPattern& WordPattern::gpt2()
{
    return Gpt2;
}
const WordPattern& WordPattern::llama3()
{
    return Llama3;
}
const WordPattern& WordPattern::qwen2()
{
    return Qwen2;
}

const WordPattern* WordPattern::find(std::string_view expression)
{
    for (const WordPattern* known : {&Gpt2, &Llama3, &Qwen2})
        if (known->expression == expression)
            return known;
    return nullptr;
}

} // namespace lora
