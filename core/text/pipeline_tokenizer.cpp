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

} // namespace

PipelineTokenizer::PipelineTokenizer(TokenizerParts parts)
    : m_parts(std::move(parts))
    , m_added(std::move(m_parts.addedTokens), m_parts.normalizer.get())
{
    const Vocabulary& known = m_parts.model->vocabulary();
    for (const AddedToken& token : m_added.tokens()) {
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

PipelineTokenizer::Ids PipelineTokenizer::idsOf(std::string_view text) const
{
    Ids ids;
    std::vector<std::string_view> words;
    for (const AddedTokens::Part& part : m_added.split(text)) {
        if (part.token) {
            ids.push_back(part.token->id);
            continue;
        }
        if (part.text.empty())
            continue;
        words.clear();
        if (m_parts.preTokenizer)
            m_parts.preTokenizer->split(part.text, words);
        else
            words.push_back(part.text);
        for (const std::string_view word : words)
            m_parts.model->tokenize(word, ids);
    }
    return ids;
}

Encoding PipelineTokenizer::encode(std::string_view text, std::optional<std::string_view> pair,
                                   SpecialTokens special, int maxLength) const
{
    const bool addsSpecial = special == SpecialTokens::Add;
    Ids first = idsOf(unicode::validUtf8(text));
    Ids second = pair ? idsOf(unicode::validUtf8(*pair)) : Ids();
    Encoding encoding;
    if (maxLength > 0) {
        const int added = addsSpecial ? m_parts.postProcessor.addedTokens(pair.has_value()) : 0;
        if (maxLength < added)
            throw Error(ErrorKind::BadUsage,
                        fmt::format("a maximum length of {} leaves no room for the {} special tokens",
                                    maxLength, added));
        const auto [firstLength, secondLength] =
            lengthsWithin(static_cast<std::size_t>(maxLength - added), first.size(), second.size());
        encoding.isTruncated = firstLength < first.size() || secondLength < second.size();
        first.resize(firstLength);
        second.resize(secondLength);
    }
    const auto add = [&](std::int32_t id, std::int32_t typeId, std::int8_t sequence) {
        encoding.ids.push_back(id);
        encoding.typeIds.push_back(typeId);
        encoding.tokens.emplace_back(viewOf(id));
        encoding.isSpecial.push_back(sequence < 0);
        encoding.spans.emplace_back();
        encoding.sequenceIds.push_back(sequence);
    };
    for (const PostProcessor::Part& part : pair ? m_parts.postProcessor.pair : m_parts.postProcessor.single) {
        if (part.kind == PostProcessor::Kind::Special) {
            if (addsSpecial)
                add(part.id, part.typeId, -1);
            continue;
        }
        const bool isFirst = part.kind == PostProcessor::Kind::First;
        for (const std::int32_t id : isFirst ? first : second)
            add(id, part.typeId, isFirst ? 0 : 1);
    }
    return encoding;
}

std::string PipelineTokenizer::decode(const std::vector<std::int32_t>& ids) const
{
    std::vector<std::string_view> tokens;
    for (const std::int32_t id : ids) {
        const auto isIt = [id](const AddedToken& token) { return token.isSpecial && token.id == id; };
        if (std::any_of(m_added.tokens().begin(), m_added.tokens().end(), isIt))
            continue;
        if (const std::string_view token = viewOf(id); !token.empty())
            tokens.push_back(token);
    }
    return m_parts.decoder.decode(tokens);
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
