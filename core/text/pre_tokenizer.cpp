#include "core/text/pre_tokenizer.h"

#include "core/text/json_fields.h"
#include "core/text/unicode.h"

#include <map>

namespace lora {

namespace {

using Pieces = std::vector<std::string_view>;

/// What becomes of the parts that match: they vanish, stand alone, join a neighbour, or stand together with
/// their like.
enum class Behavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

/// Collects alternating matched and unmatched parts of a text into pieces.
class Splitter
{
public:
    Splitter(std::string_view text, Behavior behavior, Pieces& pieces)
        : m_text(text)
        , m_behavior(behavior)
        , m_pieces(pieces)
    {}

    /// The next part of the text ends at `end`.
    void add(std::size_t end, bool isMatch)
    {
        switch (m_behavior) {
        case Behavior::Removed:
            if (isMatch) {
                cut(m_position);
                m_start = end;
            }
            break;
        case Behavior::Isolated:
            if (isMatch || m_wasMatch)
                cut(m_position);
            break;
        case Behavior::Contiguous:
            if (isMatch != m_wasMatch)
                cut(m_position);
            break;
        case Behavior::MergedWithPrevious:
            if (m_wasMatch)
                cut(m_position);
            break;
        case Behavior::MergedWithNext:
            if (isMatch)
                cut(m_position);
            break;
        }
        m_position = end;
        m_wasMatch = isMatch;
    }
    void finish() { cut(m_text.size()); }

private:
    void cut(std::size_t end)
    {
        if (end > m_start)
            m_pieces.push_back(m_text.substr(m_start, end - m_start));
        m_start = end;
    }

    std::string_view m_text;
    Behavior m_behavior;
    Pieces& m_pieces;
    std::size_t m_start = 0;    ///< of the piece being collected
    std::size_t m_position = 0; ///< end of the last part
    bool m_wasMatch = false;
};

/// Splits at the characters a class accepts.
class CharacterSplit : public PreTokenizer
{
public:
    CharacterSplit(bool (*isMatch)(char32_t), Behavior behavior)
        : m_isMatch(isMatch)
        , m_behavior(behavior)
    {}

    void split(std::string_view text, Pieces& pieces) const override
    {
        Splitter splitter(text, m_behavior, pieces);
        for (std::size_t i = 0; i < text.size();) {
            const bool isMatch = m_isMatch(unicode::next(text, i));
            splitter.add(i, isMatch);
        }
        splitter.finish();
    }

private:
    bool (*m_isMatch)(char32_t);
    Behavior m_behavior;
};

/// Splits at a string.
class StringSplit : public PreTokenizer
{
public:
    StringSplit(std::string pattern, Behavior behavior, bool isInverted)
        : m_pattern(std::move(pattern))
        , m_behavior(behavior)
        , m_isInverted(isInverted)
    {}

    void split(std::string_view text, Pieces& pieces) const override
    {
        Splitter splitter(text, m_behavior, pieces);
        std::size_t position = 0;
        for (std::size_t found; (found = text.find(m_pattern, position)) != text.npos;) {
            if (found > position)
                splitter.add(found, m_isInverted);
            position = found + m_pattern.size();
            splitter.add(position, !m_isInverted);
        }
        if (position < text.size())
            splitter.add(text.size(), m_isInverted);
        splitter.finish();
    }

private:
    std::string m_pattern;
    Behavior m_behavior;
    bool m_isInverted;
};

class BertPreTokenizer : public PreTokenizer
{
    void split(std::string_view text, Pieces& pieces) const override
    {
        std::size_t start = 0;
        for (std::size_t i = 0; i < text.size();) {
            const std::size_t before = i;
            const char32_t c = unicode::next(text, i);
            const bool isPunctuation = unicode::isPunctuation(c);
            if (!isPunctuation && !unicode::isWhitespace(c))
                continue;
            if (before > start)
                pieces.push_back(text.substr(start, before - start));
            if (isPunctuation)
                pieces.push_back(text.substr(before, i - before));
            start = i;
        }
        if (start < text.size())
            pieces.push_back(text.substr(start));
    }
};

/// The regular expression \w+|[^\w\s]+.
class WhitespacePreTokenizer : public PreTokenizer
{
    void split(std::string_view text, Pieces& pieces) const override
    {
        enum class Kind { Space, Word, Other };
        Kind kind = Kind::Space;
        std::size_t start = 0;
        for (std::size_t i = 0; i < text.size();) {
            const std::size_t before = i;
            const char32_t c = unicode::next(text, i);
            const Kind next = unicode::isWhitespace(c) ? Kind::Space
                              : unicode::isWord(c)     ? Kind::Word
                                                       : Kind::Other;
            if (next == kind)
                continue;
            if (kind != Kind::Space)
                pieces.push_back(text.substr(start, before - start));
            start = before;
            kind = next;
        }
        if (kind != Kind::Space)
            pieces.push_back(text.substr(start));
    }
};

class PreTokenizerSequence : public PreTokenizer
{
public:
    explicit PreTokenizerSequence(std::vector<std::unique_ptr<PreTokenizer>> parts)
        : m_parts(std::move(parts))
    {}

    void split(std::string_view text, Pieces& pieces) const override
    {
        if (text.empty())
            return;
        Pieces current = {text};
        for (const auto& part : m_parts) {
            Pieces next;
            for (const std::string_view piece : current)
                part->split(piece, next);
            current = std::move(next);
        }
        pieces.insert(pieces.end(), current.begin(), current.end());
    }

private:
    std::vector<std::unique_ptr<PreTokenizer>> m_parts;
};

Behavior behaviorOf(const JsonFields& fields, const std::string& otherwise)
{
    static const std::map<std::string, Behavior> Names = {
        {"Removed", Behavior::Removed},
        {"Isolated", Behavior::Isolated},
        {"MergedWithPrevious", Behavior::MergedWithPrevious},
        {"MergedWithNext", Behavior::MergedWithNext},
        {"Contiguous", Behavior::Contiguous}};
    const auto found = Names.find(fields.text("behavior", otherwise));
    if (found == Names.end())
        fields.refuse(
            "\"behavior\" must be Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
    return found->second;
}

std::unique_ptr<PreTokenizer> makeSplit(const JsonFields& fields, const std::string& source)
{
    const JsonFields pattern(fields.object("pattern"), source, "pre_tokenizer Split");
    if (!pattern.has("String"))
        fields.unsupported("Split with a regular expression", "Split with a string pattern");
    if (pattern.text("String").empty())
        fields.refuse("Split needs a pattern");
    return std::make_unique<StringSplit>(pattern.text("String"), behaviorOf(fields, "Removed"),
                                         fields.boolean("invert", false));
}

std::unique_ptr<PreTokenizer> makeSequence(const JsonFields& fields, const std::string& source)
{
    std::vector<std::unique_ptr<PreTokenizer>> parts;
    for (const nlohmann::json& part : fields.array("pretokenizers"))
        if (auto preTokenizer = makePreTokenizer(part, source))
            parts.push_back(std::move(preTokenizer));
    return std::make_unique<PreTokenizerSequence>(std::move(parts));
}

} // namespace

std::unique_ptr<PreTokenizer> makeBertPreTokenizer()
{
    return std::make_unique<BertPreTokenizer>();
}

std::unique_ptr<PreTokenizer> makePreTokenizer(const nlohmann::json& description, const std::string& source)
{
    if (description.is_null())
        return nullptr;
    const JsonFields fields(description, source, "pre_tokenizer");
    const std::string type = fields.text("type");
    if (type == "BertPreTokenizer")
        return makeBertPreTokenizer();
    if (type == "Whitespace")
        return std::make_unique<WhitespacePreTokenizer>();
    if (type == "WhitespaceSplit")
        return std::make_unique<CharacterSplit>(unicode::isWhitespace, Behavior::Removed);
    if (type == "Punctuation")
        return std::make_unique<CharacterSplit>(unicode::isPunctuation, behaviorOf(fields, "Isolated"));
    if (type == "Digits")
        return std::make_unique<CharacterSplit>(unicode::isNumeric, fields.boolean("individual_digits", false)
                                                                        ? Behavior::Isolated
                                                                        : Behavior::Contiguous);
    if (type == "Split")
        return makeSplit(fields, source);
    if (type == "Sequence")
        return makeSequence(fields, source);
    fields.unsupported(type,
                       "BertPreTokenizer, Whitespace, WhitespaceSplit, Punctuation, Digits, Split, Sequence");
}

} // namespace lora
