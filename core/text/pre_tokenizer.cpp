#include "core/text/pre_tokenizer.h"

#include "core/text/byte_level.h"
#include "core/text/character_normalizers.h"
#include "core/text/json_fields.h"
#include "core/text/splitter.h"
#include "core/text/text_pattern.h"
#include "core/text/word_pattern.h"

#include <map>

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

/// Rewrites every piece on its own; `rewrite(text, piece, out)` appends it.
template <class Rewrite>
void rewritePieces(PieceText& text, Rewrite rewrite)
{
    TextRewriter out(text.text);
    for (PieceText::Range& piece : text.pieces) {
        const std::size_t begin = out.size();
        rewrite(text.text, piece, out);
        piece = {begin, out.size()};
    }
    text.text = out.finish();
}

/// Bytes as characters of GPT-2's alphabet.
class ByteCharacters : public PreTokenizer
{
public:
    void split(PieceText& text) const override
    {
        AlignedText rewritten = byteLevelText(text.text);
        std::size_t at = 0; // a byte becomes one or two
        std::size_t to = 0;
        const auto moved = [&](std::size_t target) {
            for (; at < target; ++at)
                to += byte_level::characterOf(static_cast<unsigned char>(text.text.text()[at])).size();
            return to;
        };
        for (PieceText::Range& piece : text.pieces) {
            piece.begin = moved(piece.begin);
            piece.end = moved(piece.end);
        }
        text.text = std::move(rewritten);
    }
};

/// A space before every piece that has none.
class PrefixSpace : public PreTokenizer
{
public:
    void split(PieceText& text) const override
    {
        rewritePieces(text, [](const AlignedText& from, PieceText::Range piece, TextRewriter& out) {
            if (from.text()[piece.begin] != ' ')
                out.replace(piece.begin, piece.begin, " ");
            out.keep(piece.begin, piece.end);
        });
    }
};

/// Sentencepiece's words: spaces become a visible mark that begins the word after it.
class Metaspace : public PreTokenizer
{
public:
    enum class Prepend { First, Always, Never };

    Metaspace(std::string mark, Prepend prepend, bool isSplit)
        : m_mark(mark)
        , m_prepend(prepend)
    {
        if (isSplit)
            m_split =
                std::make_unique<PatternSplit>(makeStringPattern(mark), SplitBehavior::MergedWithNext, false);
    }

    void split(PieceText& text) const override
    {
        rewritePieces(text, [this](const AlignedText& from, PieceText::Range piece, TextRewriter& out) {
            const std::string_view view =
                std::string_view(from.text()).substr(piece.begin, piece.end - piece.begin);
            const bool isMarked = view.starts_with(' ') || view.starts_with(m_mark);
            if (!isMarked && isPrepended(from, piece))
                out.replace(piece.begin, piece.begin, m_mark);
            for (std::size_t i = piece.begin; i < piece.end; ++i) {
                if (from.text()[i] == ' ')
                    out.replace(i, i + 1, m_mark);
                else
                    out.keep(i, i + 1);
            }
        });
        if (m_split)
            m_split->split(text);
    }

private:
    bool isPrepended(const AlignedText& text, PieceText::Range piece) const
    {
        return m_prepend == Prepend::Always ||
               (m_prepend == Prepend::First && text.origin(piece.begin, piece.end).begin == 0);
    }

    std::string m_mark;
    Prepend m_prepend;
    std::unique_ptr<PreTokenizer> m_split;
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

class PreTokenizerSequence : public PreTokenizer
{
public:
    using Parts = std::vector<std::unique_ptr<PreTokenizer>>;
    explicit PreTokenizerSequence(Parts parts)
        : m_parts(std::move(parts))
    {}
    void split(PieceText& text) const override
    {
        const std::size_t limit = 4096 + 64 * text.text.size();
        for (const auto& part : m_parts) {
            part->split(text);
            if (text.text.size() > limit) // rewritings that feed each other
                throw Error(ErrorKind::BadInput,
                            "the tokenizer's pre_tokenizer makes text grow without bound");
        }
    }

private:
    Parts m_parts;
};

constexpr int MaxDepth = 16;            // of sequences in sequences
constexpr std::size_t MaxMark = 16;     // bytes
constexpr std::size_t MaxSequence = 64; // parts; each may lengthen the text

SplitBehavior behaviorOf(const JsonFields& fields, const std::string& otherwise)
{
    static const std::map<std::string, SplitBehavior> Names = {
        {"Removed", SplitBehavior::Removed},
        {"Isolated", SplitBehavior::Isolated},
        {"MergedWithPrevious", SplitBehavior::MergedWithPrevious},
        {"MergedWithNext", SplitBehavior::MergedWithNext},
        {"Contiguous", SplitBehavior::Contiguous}};
    const auto found = Names.find(fields.text("behavior", otherwise));
    if (found == Names.end())
        fields.refuse(
            "\"behavior\" must be Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
    return found->second;
}

std::unique_ptr<PreTokenizer> makeSplit(const JsonFields& fields, const std::string& source)
{
    return std::make_unique<PatternSplit>(
        makeTextPattern(fields.object("pattern"), source, "pre_tokenizer Split pattern"),
        behaviorOf(fields, "Removed"), fields.boolean("invert", false));
}

std::unique_ptr<PreTokenizer> makeByteLevel(bool addsPrefixSpace, const WordPattern* words)
{
    PreTokenizerSequence::Parts parts;
    if (addsPrefixSpace)
        parts.push_back(std::make_unique<PrefixSpace>());
    if (words)
        parts.push_back(std::make_unique<WordSplit>(*words));
    parts.push_back(std::make_unique<ByteCharacters>());
    return std::make_unique<PreTokenizerSequence>(std::move(parts));
}

std::unique_ptr<PreTokenizer> makeMetaspace(const JsonFields& fields)
{
    using Prepend = Metaspace::Prepend;
    static const std::map<std::string, Prepend> Schemes = {
        {"first", Prepend::First}, {"always", Prepend::Always}, {"never", Prepend::Never}};
    const std::string mark = fields.text("replacement", "▁");
    if (mark.empty() || mark.size() > MaxMark || unicode::length(mark, 2) != 1)
        fields.refuse("\"replacement\" must be one character");
    const auto scheme = Schemes.find(fields.text("prepend_scheme", "always"));
    if (scheme == Schemes.end())
        fields.refuse("\"prepend_scheme\" must be first, always or never");
    const bool isAdded = fields.boolean("add_prefix_space", true); // files of older versions
    return std::make_unique<Metaspace>(mark, isAdded ? scheme->second : Prepend::Never,
                                       fields.boolean("split", true));
}

std::unique_ptr<PreTokenizer> makeDigits(const JsonFields& fields)
{
    return std::make_unique<CharacterSplit>(unicode::isNumeric, fields.boolean("individual_digits", false)
                                                                    ? SplitBehavior::Isolated
                                                                    : SplitBehavior::Contiguous);
}

std::unique_ptr<PreTokenizer> makeCharDelimiter(const JsonFields& fields)
{
    const std::string delimiter = fields.text("delimiter");
    if (unicode::length(delimiter, 2) != 1)
        fields.refuse("\"delimiter\" must be one character");
    return std::make_unique<PatternSplit>(makeStringPattern(delimiter), SplitBehavior::Removed, false);
}

std::unique_ptr<PreTokenizer> makeAtDepth(const nlohmann::json& description, const std::string& source,
                                          int depth);

std::unique_ptr<PreTokenizer> makeSequence(const JsonFields& fields, const std::string& source, int depth)
{
    if (depth >= MaxDepth)
        fields.refuse(fmt::format("sequences nested more than {} deep", MaxDepth));
    if (fields.array("pretokenizers").size() > MaxSequence)
        fields.refuse(fmt::format("a sequence of more than {} parts", MaxSequence));
    PreTokenizerSequence::Parts parts;
    for (const nlohmann::json& part : fields.array("pretokenizers"))
        if (auto preTokenizer = makeAtDepth(part, source, depth + 1))
            parts.push_back(std::move(preTokenizer));
    return std::make_unique<PreTokenizerSequence>(std::move(parts));
}

std::unique_ptr<PreTokenizer> makeAtDepth(const nlohmann::json& description, const std::string& source,
                                          int depth)
{
    if (description.is_null())
        return nullptr;
    const JsonFields fields(description, source, "pre_tokenizer");
    const std::string type = fields.text("type");
    if (type == "BertPreTokenizer")
        return makeBertPreTokenizer();
    if (type == "ByteLevel")
        return makeByteLevel(fields.boolean("add_prefix_space", true),
                             fields.boolean("use_regex", true) ? &WordPattern::gpt2() : nullptr);
    if (type == "Whitespace")
        return std::make_unique<WhitespacePreTokenizer>();
    if (type == "WhitespaceSplit")
        return std::make_unique<CharacterSplit>(unicode::isWhitespace, SplitBehavior::Removed);
    if (type == "Punctuation")
        return std::make_unique<CharacterSplit>(unicode::isPunctuation, behaviorOf(fields, "Isolated"));
    if (type == "Digits")
        return makeDigits(fields);
    if (type == "CharDelimiterSplit")
        return makeCharDelimiter(fields);
    if (type == "Split")
        return makeSplit(fields, source);
    if (type == "Metaspace")
        return makeMetaspace(fields);
    if (type == "Sequence")
        return makeSequence(fields, source, depth);
    fields.unsupported(type,
                       "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, Punctuation, "
                       "Sequence, Split, Whitespace, WhitespaceSplit");
}

} // namespace

std::unique_ptr<PreTokenizer> makeBertPreTokenizer()
{
    return std::make_unique<BertPreTokenizer>();
}

std::unique_ptr<PreTokenizer> makeByteLevelPreTokenizer(bool addsPrefixSpace)
{
    return makeByteLevel(addsPrefixSpace, &WordPattern::gpt2());
}

std::unique_ptr<PreTokenizer> makeQwen2PreTokenizer()
{
    return makeByteLevel(false, &WordPattern::qwen2());
}

std::unique_ptr<PreTokenizer> makePreTokenizer(const nlohmann::json& description, const std::string& source)
{
    return makeAtDepth(description, source, 0);
}

} // namespace lora
