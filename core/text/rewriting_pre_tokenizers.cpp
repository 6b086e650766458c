#include "core/text/rewriting_pre_tokenizers.h"

#include "core/text/byte_level.h"
#include "core/text/character_normalizers.h"
#include "core/text/splitting_pre_tokenizers.h"

namespace lora {

namespace {

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
    Metaspace(std::string mark, MetaspacePrepend prepend, bool isSplit)
        : m_mark(mark)
        , m_prepend(prepend)
    {
        if (isSplit)
            m_split = makePatternSplit(makeStringPattern(mark), SplitBehavior::MergedWithNext, false);
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
        return m_prepend == MetaspacePrepend::Always ||
               (m_prepend == MetaspacePrepend::First && text.origin(piece.begin, piece.end).begin == 0);
    }

    std::string m_mark;
    MetaspacePrepend m_prepend;
    std::unique_ptr<PreTokenizer> m_split;
};

} // namespace

std::unique_ptr<PreTokenizer> makeByteCharacters()
{
    return std::make_unique<ByteCharacters>();
}

std::unique_ptr<PreTokenizer> makePrefixSpace()
{
    return std::make_unique<PrefixSpace>();
}

std::unique_ptr<PreTokenizer> makeMetaspaceSplit(const std::string& mark, MetaspacePrepend prepend,
                                                 bool isSplit)
{
    return std::make_unique<Metaspace>(mark, prepend, isSplit);
}

} // namespace lora
