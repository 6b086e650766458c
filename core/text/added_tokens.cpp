#include "core/text/added_tokens.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <fmt/format.h>

#include <algorithm>

namespace lora {

namespace {

bool isInsideWord(std::string_view text, std::size_t begin, std::size_t end)
{
    std::size_t before = begin;
    std::size_t after = end;
    return (begin > 0 && unicode::isWord(unicode::previous(text, before))) ||
           (end < text.size() && unicode::isWord(unicode::next(text, after)));
}

std::size_t whitespaceBefore(std::string_view text, std::size_t position, std::size_t floor)
{
    for (std::size_t i = position; i > floor && unicode::isWhitespace(unicode::previous(text, i));)
        position = i;
    return std::max(position, floor);
}

std::size_t whitespaceAfter(std::string_view text, std::size_t position)
{
    for (std::size_t i = position; i < text.size() && unicode::isWhitespace(unicode::next(text, i));)
        position = i;
    return position;
}

} // namespace

void TokenFinder::add(std::string_view content, std::size_t token)
{
    std::size_t node = 0;
    m_isFirst[static_cast<unsigned char>(content.front())] = true;
    for (const char byte : content) {
        std::size_t child = childOf(node, byte);
        if (child == None) {
            child = m_nodes.size();
            m_nodes.emplace_back();
            m_nodes[node].children.emplace_back(byte, child);
        }
        node = child;
    }
    m_nodes[node].token = token;
}

std::size_t TokenFinder::childOf(std::size_t node, char byte) const
{
    for (const auto& [label, child] : m_nodes[node].children)
        if (label == byte)
            return child;
    return None;
}

bool TokenFinder::find(std::string_view text, std::size_t position, Match& match) const
{
    for (std::size_t begin = position; begin < text.size(); ++begin) {
        if (!m_isFirst[static_cast<unsigned char>(text[begin])])
            continue;
        bool isFound = false;
        std::size_t node = 0;
        for (std::size_t i = begin; i < text.size(); ++i) {
            node = childOf(node, text[i]);
            if (node == None)
                break;
            if (m_nodes[node].token != None) {
                match = {begin, i + 1, m_nodes[node].token};
                isFound = true;
            }
        }
        if (isFound)
            return true;
    }
    return false;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const Normalizer* normalizer)
    : m_tokens(std::move(tokens))
    , m_normalizer(normalizer)
{
    for (std::size_t i = 0; i < m_tokens.size(); ++i) {
        const AddedToken& token = m_tokens[i];
        if (token.content.empty() || token.content.size() > TokenFinder::MaxContent)
            throw Error(ErrorKind::BadInput,
                        fmt::format("added token {}: content of {} bytes, expected 1 to {}", token.id,
                                    token.content.size(), TokenFinder::MaxContent));
        if (!token.isNormalized) {
            m_inRawText.add(token.content, i);
            continue;
        }
        const std::string content = m_normalizer ? m_normalizer->normalize(token.content) : token.content;
        if (!content.empty())
            m_inNormalizedText.add(content, i);
    }
}

template <class OnText, class OnToken>
void AddedTokens::splitWith(const TokenFinder& finder, std::string_view text, OnText onText,
                            OnToken onToken) const
{
    std::size_t done = 0;
    std::size_t position = 0;
    for (TokenFinder::Match match; !finder.isEmpty() && finder.find(text, position, match);) {
        position = match.end;
        const AddedToken& token = m_tokens[match.token];
        if (token.isSingleWord && isInsideWord(text, match.begin, match.end))
            continue;
        if (token.stripsLeft)
            match.begin = whitespaceBefore(text, match.begin, done);
        if (token.stripsRight)
            position = match.end = whitespaceAfter(text, match.end);
        if (match.begin > done)
            onText(done, match.begin);
        onToken(token, match.begin, match.end);
        done = match.end;
    }
    if (done < text.size())
        onText(done, text.size());
}

std::vector<AddedTokens::Part> AddedTokens::split(const AlignedText& text) const
{
    std::vector<Part> parts;
    const auto addText = [&](AlignedText part) { parts.push_back({std::move(part), nullptr, {}}); };
    const auto addToken = [&](const AddedToken& token, TextSpan span) {
        parts.push_back({{}, &token, span});
    };
    splitWith(
        m_inRawText, text.text(),
        [&](std::size_t begin, std::size_t end) {
            AlignedText part = text.slice(begin, end);
            if (m_normalizer)
                part = m_normalizer->normalize(std::move(part));
            if (m_inNormalizedText.isEmpty())
                return addText(std::move(part));
            splitWith(
                m_inNormalizedText, part.text(),
                [&](std::size_t from, std::size_t to) { addText(part.slice(from, to)); },
                [&](const AddedToken& token, std::size_t from, std::size_t to) {
                    addToken(token, part.origin(from, to));
                });
        },
        [&](const AddedToken& token, std::size_t begin, std::size_t end) {
            addToken(token, text.origin(begin, end));
        });
    return parts;
}

} // namespace lora
