#include "core/text/splitting_pre_tokenizers.h"

#include "core/text/unicode.h"

namespace lora {

namespace {

using Ranges = std::vector<PieceText::Range>;

/// Cuts pieces without rewriting the text.
class PieceSplitter : public PreTokenizer
{
public:
    void split(PieceText& text) const override
    {
        Ranges cut;
        cut.reserve(text.pieces.size());
        for (const PieceText::Range& piece : text.pieces)
            splitPiece(text.text.text(), piece, cut);
        text.pieces = std::move(cut);
    }

private:
    virtual void splitPiece(const std::string& text, PieceText::Range piece, Ranges& cut) const = 0;
};

/// Splits at the characters a class accepts.
class CharacterSplit : public PieceSplitter
{
public:
    CharacterSplit(bool (*isMatch)(char32_t), SplitBehavior behavior)
        : m_isMatch(isMatch)
        , m_behavior(behavior)
    {}

private:
    void splitPiece(const std::string& text, PieceText::Range piece, Ranges& cut) const override
    {
        Splitter splitter(piece, m_behavior, cut);
        std::size_t done = piece.begin;
        for (std::size_t i = piece.begin; i < piece.end;) {
            const std::size_t start = i;
            if (!m_isMatch(unicode::next(text, i)))
                continue;
            if (start > done)
                splitter.add(start, false);
            splitter.add(i, true);
            done = i;
        }
        if (done < piece.end)
            splitter.add(piece.end, false);
        splitter.finish();
    }

    bool (*m_isMatch)(char32_t);
    SplitBehavior m_behavior;
};

/// Splits where a pattern matches.
class PatternSplit : public PieceSplitter
{
public:
    PatternSplit(std::unique_ptr<TextPattern> pattern, SplitBehavior behavior, bool isInverted)
        : m_pattern(std::move(pattern))
        , m_behavior(behavior)
        , m_isInverted(isInverted)
    {}

private:
    void splitPiece(const std::string& text, PieceText::Range piece, Ranges& cut) const override
    {
        Splitter splitter(piece, m_behavior, cut);
        std::size_t done = piece.begin;
        const std::string_view view = std::string_view(text).substr(piece.begin, piece.end - piece.begin);
        m_pattern->forEachMatch(view, [&](std::size_t begin, std::size_t end) {
            if (piece.begin + begin > done)
                splitter.add(piece.begin + begin, m_isInverted);
            done = piece.begin + end;
            splitter.add(done, !m_isInverted);
        });
        if (done < piece.end)
            splitter.add(piece.end, m_isInverted);
        splitter.finish();
    }

    std::unique_ptr<TextPattern> m_pattern;
    SplitBehavior m_behavior;
    bool m_isInverted;
};

/// Splits by the word pattern of a well-known model.
class WordSplit : public PieceSplitter
{
public:
    explicit WordSplit(const WordPattern& pattern)
        : m_pattern(pattern)
    {}

private:
    void splitPiece(const std::string& text, PieceText::Range piece, Ranges& cut) const override
    {
        const std::string_view view = std::string_view(text).substr(0, piece.end);
        for (std::size_t begin = piece.begin; begin < piece.end; begin = cut.back().end)
            cut.push_back({begin, m_pattern.endOfWord(view, begin)});
    }

    const WordPattern& m_pattern;
};

class BertPreTokenizer : public PieceSplitter
{
    void splitPiece(const std::string& text, PieceText::Range piece, Ranges& cut) const override
    {
        std::size_t start = piece.begin;
        for (std::size_t i = piece.begin; i < piece.end;) {
            const std::size_t before = i;
            const char32_t c = unicode::next(text, i);
            const bool isPunctuation = unicode::isPunctuation(c);
            if (!isPunctuation && !unicode::isWhitespace(c))
                continue;
            if (before > start)
                cut.push_back({start, before});
            if (isPunctuation)
                cut.push_back({before, i});
            start = i;
        }
        if (start < piece.end)
            cut.push_back({start, piece.end});
    }
};

/// The regular expression \w+|[^\w\s]+.
class WhitespacePreTokenizer : public PieceSplitter
{
    void splitPiece(const std::string& text, PieceText::Range piece, Ranges& cut) const override
    {
        enum class Kind { Space, Word, Other };
        Kind kind = Kind::Space;
        std::size_t start = piece.begin;
        for (std::size_t i = piece.begin; i < piece.end;) {
            const std::size_t before = i;
            const char32_t c = unicode::next(text, i);
            const Kind next = unicode::isWhitespace(c) ? Kind::Space
                              : unicode::isWord(c)     ? Kind::Word
                                                       : Kind::Other;
            if (next == kind)
                continue;
            if (kind != Kind::Space)
                cut.push_back({start, before});
            start = before;
            kind = next;
        }
        if (kind != Kind::Space)
            cut.push_back({start, piece.end});
    }
};

} // namespace

std::unique_ptr<PreTokenizer> makeCharacterSplit(bool (*isMatch)(char32_t), SplitBehavior behavior)
{
    return std::make_unique<CharacterSplit>(isMatch, behavior);
}

std::unique_ptr<PreTokenizer> makePatternSplit(std::unique_ptr<TextPattern> pattern, SplitBehavior behavior,
                                               bool isInverted)
{
    return std::make_unique<PatternSplit>(std::move(pattern), behavior, isInverted);
}

std::unique_ptr<PreTokenizer> makeWordSplit(const WordPattern& pattern)
{
    return std::make_unique<WordSplit>(pattern);
}

std::unique_ptr<PreTokenizer> makeWhitespaceSplit()
{
    return std::make_unique<WhitespacePreTokenizer>();
}

std::unique_ptr<PreTokenizer> makeBertPreTokenizer()
{
    return std::make_unique<BertPreTokenizer>();
}

} // namespace lora
