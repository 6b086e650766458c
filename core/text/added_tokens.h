#pragma once

#include "core/text/normalizer.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// A token that is found in the text itself, before any word is made ("[MASK]", "<|user|>").
struct AddedToken
{
    std::int32_t id = 0;
    std::string content;
    bool isSpecial = false;
    bool isSingleWord = false; ///< not inside a word
    bool stripsLeft = false;   ///< takes the whitespace before it along
    bool stripsRight = false;
    bool isNormalized = false; ///< looked for in normalised text instead of the text as given
};

/// Finds the leftmost, then longest of a set of strings in one pass.
class TokenFinder
{
public:
    static constexpr std::size_t MaxContent = 512; ///< bytes; bounds the cost of a search
    struct Match
    {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t token = 0; ///< index given to add
    };

    TokenFinder()
        : m_nodes(1)
    {}
    void add(std::string_view content, std::size_t token);
    bool isEmpty() const { return m_nodes.size() == 1; }
    /// The first match at or after `position`; false when there is none.
    bool find(std::string_view text, std::size_t position, Match& match) const;

private:
    static constexpr std::size_t None = ~std::size_t{0};
    struct Node
    {
        std::vector<std::pair<char, std::size_t>> children;
        std::size_t token = None;
    };
    std::size_t childOf(std::size_t node, char byte) const;

    std::vector<Node> m_nodes;
    std::array<bool, 256> m_isFirst{};
};

/// Splits text at added tokens and normalises what lies between, in Hugging Face's order: tokens looked for
/// in the text as given, then normalisation, then tokens looked for in normalised text.
class AddedTokens
{
public:
    /// A part of a text: an added token, or normalised text to be split into words.
    struct Part
    {
        AlignedText text;
        const AddedToken* token = nullptr;
        TextSpan span; ///< of the token
    };

    /// `normalizer` may be null. Throws lora::Error (BadInput) for empty or overlong contents.
    AddedTokens(std::vector<AddedToken> tokens, const Normalizer* normalizer);

    std::vector<Part> split(const AlignedText& text) const;
    const std::vector<AddedToken>& tokens() const { return m_tokens; }

private:
    template <class OnText, class OnToken>
    void splitWith(const TokenFinder& finder, std::string_view text, OnText onText, OnToken onToken) const;

    std::vector<AddedToken> m_tokens;
    TokenFinder m_inRawText;
    TokenFinder m_inNormalizedText;
    const Normalizer* m_normalizer;
};

} // namespace lora
