#pragma once

#include "core/text/tokenizer.h"

#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// UTF-8 text that remembers which bytes of the text as given each of its bytes came from, through every
/// rewriting. Inserted bytes have an empty span where they were put in.
class AlignedText
{
public:
    AlignedText() = default;
    /// Byte for byte the text as given, from its byte `base` on.
    explicit AlignedText(std::string text, std::uint32_t base = 0)
        : m_text(std::move(text))
        , m_base(base)
    {}
    /// `origin` has an entry for each byte of `text`.
    AlignedText(std::string text, std::vector<TextSpan> origin)
        : m_text(std::move(text))
        , m_origin(std::move(origin))
        , m_isIdentity(false)
    {}
    /// Malformed UTF-8 becomes U+FFFD. Throws lora::Error (BadInput) above 2 GiB.
    static AlignedText fromInput(std::string_view text);

    const std::string& text() const { return m_text; }
    bool isEmpty() const { return m_text.empty(); }
    std::size_t size() const { return m_text.size(); }
    /// Where the bytes [begin, end), inside this text, came from.
    TextSpan origin(std::size_t begin, std::size_t end) const;
    AlignedText slice(std::size_t begin, std::size_t end) const;
    /// For rewriting bytes in place; the length must stay.
    std::string& bytes() { return m_text; }

private:
    friend class TextRewriter;

    std::string m_text;
    std::vector<TextSpan> m_origin;
    std::uint32_t m_base = 0;
    bool m_isIdentity = true;
};

/// Builds a rewritten AlignedText from left to right.
class TextRewriter
{
public:
    explicit TextRewriter(const AlignedText& source);

    /// Bytes [begin, end) of the source as they are.
    void keep(std::size_t begin, std::size_t end);
    /// `text` in place of bytes [begin, end); with begin == end it is inserted.
    void replace(std::size_t begin, std::size_t end, std::string_view text);
    std::size_t size() const { return m_text.size(); }
    AlignedText finish() { return AlignedText(std::move(m_text), std::move(m_origin)); }

private:
    const AlignedText& m_source;
    std::string m_text;
    std::vector<TextSpan> m_origin;
};

/// Text on its way to the model: rewritten, and cut into pieces (byte ranges of it, in order, not empty).
struct PieceText
{
    struct Range
    {
        std::size_t begin = 0;
        std::size_t end = 0;
    };

    AlignedText text;
    std::vector<Range> pieces;

    explicit PieceText(AlignedText whole)
        : text(std::move(whole))
    {
        if (!text.isEmpty())
            pieces.push_back({0, text.size()});
    }
    std::string_view view(const Range& range) const
    {
        return std::string_view(text.text()).substr(range.begin, range.end - range.begin);
    }
};

} // namespace lora
