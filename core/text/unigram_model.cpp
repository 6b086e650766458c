#include "core/text/unigram_model.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace lora {

namespace {

constexpr double UncoveredPenalty = 10.0;

[[noreturn]] void refuse(const std::string& source, const std::string& fault)
{
    throw Error(ErrorKind::BadInput, fmt::format("{}: model Unigram: {}", source, fault),
                "The tokenizer file is damaged or of an unknown version; fetch it again.");
}

} // namespace

UnigramModel::UnigramModel(const std::vector<Piece>& pieces, std::optional<std::int32_t> unknownId,
                           bool hasByteFallback, const std::string& source)
    : m_unknownId(unknownId)
    , m_hasByteFallback(hasByteFallback)
{
    if (pieces.empty())
        refuse(source, "\"vocab\" is empty");
    if (unknownId && static_cast<std::size_t>(*unknownId) >= pieces.size())
        refuse(source, fmt::format("\"unk_id\" is {}, but there are {} pieces", *unknownId, pieces.size()));
    double least = 0;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const Piece& piece = pieces[i];
        if (!std::isfinite(piece.score))
            refuse(source, fmt::format("piece {} has a score that is not finite", i));
        if (m_vocabulary.find(piece.text))
            refuse(source, fmt::format("\"{}\" is in the vocabulary twice", piece.text.substr(0, 80)));
        m_vocabulary.add(piece.text, static_cast<std::int64_t>(i));
        m_scores.push_back(piece.score);
        least = i == 0 ? piece.score : std::min(least, piece.score);
    }
    for (const auto& [text, id] : m_vocabulary.ids())
        if (!text.empty())
            m_sorted.emplace_back(text, id);
    std::sort(m_sorted.begin(), m_sorted.end());
    m_uncoveredScore = least - UncoveredPenalty;
    if (hasByteFallback)
        m_byteTokens = ByteTokens(m_vocabulary);
}

bool UnigramModel::isByteToken(std::int32_t id) const
{
    return m_hasByteFallback && ByteTokens::byteOf(m_vocabulary.tokenOf(id)) >= 0;
}

bool UnigramModel::offerPieces(std::string_view word, std::size_t begin, std::size_t characterEnd,
                               std::vector<Node>& nodes) const
{
    bool hasSingle = false;
    auto low = m_sorted.begin();
    auto high = m_sorted.end();
    for (std::size_t end = begin; end < word.size() && low != high; ++end) {
        // Among the pieces that agree so far, those that agree in the next byte too.
        const std::size_t depth = end - begin;
        const auto byte = static_cast<unsigned char>(word[end]);
        const auto byteOf = [depth](const auto& piece) {
            return static_cast<unsigned char>(piece.first[depth]);
        };
        if (low->first.size() == depth) // itself the piece that ends here; handled before
            ++low;
        low = std::partition_point(low, high, [&](const auto& piece) { return byteOf(piece) < byte; });
        high = std::partition_point(low, high, [&](const auto& piece) { return byteOf(piece) <= byte; });
        if (low == high || low->first.size() != depth + 1)
            continue;
        const double score = nodes[begin].score + m_scores[static_cast<std::size_t>(low->second)];
        Node& node = nodes[end + 1];
        if (!node.isReached || score > node.score)
            node = {score, begin, low->second, true};
        hasSingle |= end + 1 == characterEnd;
    }
    return hasSingle;
}

std::vector<UnigramModel::Node> UnigramModel::bestPaths(std::string_view word) const
{
    std::vector<Node> nodes(word.size() + 1);
    nodes[0].isReached = true;
    for (std::size_t begin = 0; begin < word.size();) {
        std::size_t end = begin;
        unicode::next(word, end);
        if (!offerPieces(word, begin, end, nodes)) {
            const double score = nodes[begin].score + m_uncoveredScore;
            if (!nodes[end].isReached || score > nodes[end].score)
                nodes[end] = {score, begin, Uncovered, true};
        }
        begin = end;
    }
    return nodes;
}

void UnigramModel::addUncovered(std::string_view word, const WordToken& run,
                                std::vector<WordToken>& tokens) const
{
    if (m_hasByteFallback && m_byteTokens.covers(word.substr(run.begin, run.end - run.begin))) {
        for (std::size_t i = run.begin; i < run.end;) {
            const std::size_t begin = i;
            unicode::next(word, i);
            for (std::size_t byte = begin; byte < i; ++byte)
                tokens.push_back({m_byteTokens.idOf(word[byte]), begin, i});
        }
        return;
    }
    if (!m_unknownId)
        throw Error(ErrorKind::BadInput,
                    fmt::format("no piece of the vocabulary covers \"{}\", and it has no unknown token",
                                word.substr(run.begin, std::min<std::size_t>(run.end - run.begin, 80))));
    tokens.push_back({*m_unknownId, run.begin, run.end});
}

void UnigramModel::tokenize(std::string_view word, std::vector<WordToken>& tokens) const
{
    const std::vector<Node> nodes = bestPaths(word);
    std::vector<WordToken> path; // from the end
    for (std::size_t end = word.size(); end > 0; end = nodes[end].begin) {
        const Node& node = nodes[end];
        const std::int32_t id = m_unknownId && node.id == *m_unknownId ? Uncovered : node.id;
        if (id == Uncovered && !path.empty() && path.back().id == Uncovered)
            path.back().begin = node.begin;
        else
            path.push_back({id, node.begin, end});
    }
    for (auto token = path.rbegin(); token != path.rend(); ++token) {
        if (token->id == Uncovered)
            addUncovered(word, *token, tokens);
        else
            tokens.push_back(*token);
    }
}

} // namespace lora
