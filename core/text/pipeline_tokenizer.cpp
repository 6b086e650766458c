#include "core/text/pipeline_tokenizer.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <fmt/format.h>

#include <algorithm>

namespace lora {

namespace {

/// How many tokens of two texts stay when both together may have `budget` (Hugging Face's "longest_first"):
/// the longer loses first; when both must lose, each keeps half.
std::pair<std::size_t, std::size_t> lengthsWithin(std::size_t budget, std::size_t first, std::size_t second)
{
    if (first + second <= budget)
        return {first, second};
    const std::size_t shorter = std::min(first, second);
    if (shorter * 2 <= budget)
        return first <= second ? std::pair(shorter, budget - shorter) : std::pair(budget - shorter, shorter);
    const std::size_t half = budget / 2; // an odd token goes to the longer text
    return first <= second ? std::pair(half, budget - half) : std::pair(budget - half, half);
}

/// A span without the plain spaces at its ends, as byte-level tokenizers give them when told to trim.
TextSpan trimmed(TextSpan span, std::string_view text)
{
    while (span.begin < span.end && text[span.begin] == ' ')
        ++span.begin;
    while (span.begin < span.end && text[span.end - 1] == ' ')
        --span.end;
    return span;
}

void reserve(Encoding& encoding, std::size_t tokens)
{
    encoding.ids.reserve(tokens);
    encoding.typeIds.reserve(tokens);
    encoding.tokens.reserve(tokens);
    encoding.isSpecial.reserve(tokens);
    encoding.spans.reserve(tokens);
    encoding.sequenceIds.reserve(tokens);
}

} // namespace

PipelineTokenizer::PipelineTokenizer(TokenizerParts parts)
    : m_parts(std::move(parts))
    , m_added(std::move(m_parts.addedTokens), m_parts.normalizer.get())
{
    const Vocabulary& known = m_parts.model->vocabulary();
    for (const AddedToken& token : m_added.tokens()) {
        if (token.isSpecial)
            m_specialIds.insert(token.id);
        const auto id = known.find(token.content);
        if (id == token.id)
            continue;
        if (id || known.hasId(token.id))
            throw Error(
                ErrorKind::BadInput,
                fmt::format("added token \"{}\" has id {}, but the vocabulary gives {}",
                            token.content.substr(0, 80), token.id,
                            id ? fmt::format("it {}", *id)
                               : fmt::format("that id to \"{}\"", known.tokenOf(token.id).substr(0, 80))));
        m_addedVocabulary.add(token.content, token.id);
    }
}

void PipelineTokenizer::addWords(const AlignedText& part, std::string_view given, PlacedTokens& tokens) const
{
    PieceText pieces(part);
    if (m_parts.preTokenizer)
        m_parts.preTokenizer->split(pieces);
    std::vector<WordToken> word;
    for (const PieceText::Range& piece : pieces.pieces) {
        word.clear();
        m_parts.model->tokenize(pieces.view(piece), word);
        for (const WordToken& token : word) {
            const TextSpan span = pieces.text.origin(piece.begin + token.begin, piece.begin + token.end);
            tokens.push_back({token.id, m_parts.postProcessor.trimsSpans ? trimmed(span, given) : span});
        }
    }
}

PipelineTokenizer::PlacedTokens PipelineTokenizer::tokensOf(std::string_view text) const
{
    PlacedTokens tokens;
    for (const AddedTokens::Part& part : m_added.split(AlignedText::fromInput(text))) {
        if (part.token)
            tokens.push_back({part.token->id, part.span});
        else
            addWords(part.text, text, tokens);
    }
    return tokens;
}

bool PipelineTokenizer::truncate(PlacedTokens& first, PlacedTokens& second, int added, int maxLength) const
{
    if (maxLength < added)
        throw Error(
            ErrorKind::BadUsage,
            fmt::format("a maximum length of {} leaves no room for the {} special tokens", maxLength, added));
    const auto [firstLength, secondLength] =
        lengthsWithin(static_cast<std::size_t>(maxLength - added), first.size(), second.size());
    const bool isTruncated = firstLength < first.size() || secondLength < second.size();
    first.resize(firstLength);
    second.resize(secondLength);
    return isTruncated;
}

Encoding PipelineTokenizer::encode(std::string_view text, std::optional<std::string_view> pair,
                                   SpecialTokens special, int maxLength) const
{
    const bool addsSpecial = special == SpecialTokens::Add;
    PlacedTokens first = tokensOf(text);
    PlacedTokens second = pair ? tokensOf(*pair) : PlacedTokens();
    Encoding encoding;
    if (maxLength > 0) {
        const int added = addsSpecial ? m_parts.postProcessor.addedTokens(pair.has_value()) : 0;
        encoding.isTruncated = truncate(first, second, added, maxLength);
    }
    reserve(encoding, first.size() + second.size() + m_parts.postProcessor.pair.size());
    const auto add = [&](std::int32_t id, std::int32_t typeId, std::int8_t sequence, TextSpan span = {}) {
        encoding.ids.push_back(id);
        encoding.typeIds.push_back(typeId);
        encoding.tokens.emplace_back(viewOf(id));
        encoding.isSpecial.push_back(sequence < 0);
        encoding.spans.push_back(span);
        encoding.sequenceIds.push_back(sequence);
    };
    for (const PostProcessor::Part& part : pair ? m_parts.postProcessor.pair : m_parts.postProcessor.single) {
        if (part.kind == PostProcessor::Kind::Special) {
            if (addsSpecial)
                add(part.id, part.typeId, -1);
            continue;
        }
        const bool isFirst = part.kind == PostProcessor::Kind::First;
        for (const PlacedToken& token : isFirst ? first : second)
            add(token.id, part.typeId, isFirst ? 0 : 1, token.span);
    }
    return encoding;
}

std::string PipelineTokenizer::decode(const std::vector<std::int32_t>& ids) const
{
    std::vector<std::string_view> tokens;
    for (const std::int32_t id : ids) {
        if (m_specialIds.contains(id))
            continue;
        if (const std::string_view token = viewOf(id); !token.empty())
            tokens.push_back(token);
    }
    return m_parts.decoder.decode(tokens);
}

std::size_t PipelineTokenizer::settledIds(const std::vector<std::int32_t>& ids) const
{
    if (!m_parts.decoder.isSettled())
        return 0;
    std::size_t count =
        ids.size(); // how a run of bytes reads is known at its end; special tokens don't end it
    while (count > 0 && (m_parts.model->isByteToken(ids[count - 1]) ||
                         m_specialIds.contains(ids[count - 1]) || viewOf(ids[count - 1]).empty()))
        --count;
    return count;
}

std::int64_t PipelineTokenizer::vocabularySize() const
{
    return std::max(m_parts.model->vocabulary().idLimit(), m_addedVocabulary.idLimit());
}

std::optional<std::int32_t> PipelineTokenizer::idOf(std::string_view token) const
{
    const auto id = m_parts.model->vocabulary().find(token);
    return id ? id : m_addedVocabulary.find(token);
}

std::string_view PipelineTokenizer::viewOf(std::int32_t id) const
{
    const std::string_view token = m_parts.model->vocabulary().tokenOf(id);
    return token.empty() ? m_addedVocabulary.tokenOf(id) : token;
}

} // namespace lora
