#include "core/text/byte_pair_model.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <fmt/format.h>

#include <array>
#include <queue>

namespace lora {

namespace {

constexpr std::size_t None = ~std::size_t{0};
constexpr std::size_t fewTokens = 24;
constexpr std::uint32_t noRank = ~std::uint32_t{0};

std::uint64_t keyOf(std::int32_t left, std::int32_t right)
{
    return (std::uint64_t{static_cast<std::uint32_t>(left)} << 32) | static_cast<std::uint32_t>(right);
}

std::string_view shown(const std::string& token)
{
    return std::string_view(token).substr(0, 80);
}

} // namespace

BytePairModel::BytePairModel(BytePairParts parts, const std::string& source)
    : m_parts(std::move(parts))
{
    const Vocabulary& known = *m_parts.vocabulary;
    const auto require = [&](const std::string& token, std::size_t number) {
        const auto id = known.find(token);
        if (!id)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: merges: number {} names \"{}\", which is not in the vocabulary",
                                    source, number + 1, shown(token)),
                        "Vocabulary and merges belong to different tokenizers, or the file is damaged.");
        return *id;
    };
    m_merges.reserve(m_parts.merges.size());
    for (std::size_t i = 0; i < m_parts.merges.size(); ++i) {
        const auto& [left, right] = m_parts.merges[i];
        const bool isMarked = !m_parts.prefix.empty() && right.starts_with(m_parts.prefix);
        const std::string joined = left + (isMarked ? right.substr(m_parts.prefix.size()) : right);
        const std::int32_t leftId = require(left, i);
        const std::int32_t rightId = require(right, i);
        m_merges.insert_or_assign(keyOf(leftId, rightId),
                                  Merge{static_cast<std::uint32_t>(i), require(joined, i)});
    }
    m_parts.merges = {};
    if (m_parts.hasByteFallback)
        m_byteTokens = ByteTokens(known);
    if (m_parts.unknownToken.empty())
        return;
    m_unknownId = known.find(m_parts.unknownToken);
    if (!m_unknownId)
        throw Error(ErrorKind::BadInput, fmt::format("{}: the unknown token \"{}\" is not in the vocabulary",
                                                     source, shown(m_parts.unknownToken)));
}

bool BytePairModel::isByteToken(std::int32_t id) const
{
    return m_parts.hasByteFallback && ByteTokens::byteOf(vocabulary().tokenOf(id)) >= 0;
}

const BytePairModel::Merge* BytePairModel::mergeOf(std::int32_t left, std::int32_t right) const
{
    const auto found = m_merges.find(keyOf(left, right));
    return found == m_merges.end() ? nullptr : &found->second;
}

/// Joins the tokens of one word. Tokens form a linked list; candidates wait in a queue, and those that have
/// been overtaken by another merge are noticed when their turn comes.
class BytePairModel::Merger
{
public:
    Merger(const BytePairModel& model, std::vector<WordToken>& tokens, std::size_t first)
        : m_model(model)
        , m_tokens(tokens)
        , m_first(first)
        , m_links(tokens.size() - first)
    {
        for (std::size_t i = 0; i < m_links.size(); ++i)
            m_links[i] = {i == 0 ? None : i - 1, i + 1 < m_links.size() ? i + 1 : None, true};
        for (std::size_t i = 0; i + 1 < m_links.size(); ++i)
            consider(i);
    }

    void run()
    {
        while (!m_queue.empty()) {
            const Candidate best = m_queue.top();
            m_queue.pop();
            const Link& link = m_links[best.left];
            if (!link.isAlive || link.next == None)
                continue;
            const Merge* merge = m_model.mergeOf(token(best.left).id, token(link.next).id);
            if (merge && merge->rank == best.rank)
                join(best.left, merge->id);
        }
        std::size_t kept = m_first;
        for (std::size_t i = 0; i < m_links.size(); ++i)
            if (m_links[i].isAlive)
                m_tokens[kept++] = token(i);
        m_tokens.resize(kept);
    }

private:
    struct Link
    {
        std::size_t previous = None;
        std::size_t next = None;
        bool isAlive = false;
    };
    struct Candidate
    {
        std::uint32_t rank = 0;
        std::size_t left = 0;
        bool operator<(const Candidate& other) const // the queue's greatest comes first
        {
            return rank != other.rank ? rank > other.rank : left > other.left;
        }
    };

    WordToken& token(std::size_t i) { return m_tokens[m_first + i]; }

    void consider(std::size_t left)
    {
        if (const Merge* merge = m_model.mergeOf(token(left).id, token(m_links[left].next).id))
            m_queue.push({merge->rank, left});
    }

    void join(std::size_t left, std::int32_t id)
    {
        Link& link = m_links[left];
        const std::size_t right = link.next;
        token(left) = {id, token(left).begin, token(right).end};
        m_links[right].isAlive = false;
        link.next = m_links[right].next;
        if (link.next != None) {
            m_links[link.next].previous = left;
            consider(left);
        }
        if (link.previous != None)
            consider(link.previous);
    }

    const BytePairModel& m_model;
    std::vector<WordToken>& m_tokens;
    std::size_t m_first;
    std::vector<Link> m_links;
    std::priority_queue<Candidate> m_queue;
};

/// The same for the few tokens most words have, without a queue: again and again the pair of lowest rank.
void BytePairModel::mergeFew(std::vector<WordToken>& tokens, std::size_t first) const
{
    std::array<Merge, fewTokens> merges; // of token i and the one behind it
    std::size_t count = tokens.size() - first;
    const auto look = [&](std::size_t i) {
        const Merge* merge = mergeOf(tokens[first + i].id, tokens[first + i + 1].id);
        merges[i] = merge ? *merge : Merge{noRank, 0};
    };
    for (std::size_t i = 0; i + 1 < count; ++i)
        look(i);
    while (count > 1) {
        std::size_t best = 0;
        for (std::size_t i = 1; i + 1 < count; ++i)
            if (merges[i].rank < merges[best].rank)
                best = i;
        if (merges[best].rank == noRank)
            break;
        WordToken& joined = tokens[first + best];
        joined = {merges[best].id, joined.begin, tokens[first + best + 1].end};
        --count;
        for (std::size_t i = best + 1; i < count; ++i) {
            tokens[first + i] = tokens[first + i + 1];
            merges[i - 1] = merges[i];
        }
        if (best + 1 < count)
            look(best);
        if (best > 0)
            look(best - 1);
    }
    tokens.resize(first + count);
}

void BytePairModel::addUncovered(std::size_t begin, std::size_t end, std::vector<WordToken>& tokens,
                                 bool& isAfterUnknown) const
{
    if (!m_unknownId) // the character is lost, as in Hugging Face's tokenizers
        return;
    if (isAfterUnknown && m_parts.fusesUnknown)
        tokens.back().end = end;
    else
        tokens.push_back({*m_unknownId, begin, end});
    isAfterUnknown = true;
}

void BytePairModel::addCharacters(std::string_view word, std::vector<WordToken>& tokens) const
{
    const bool isPlain = m_parts.prefix.empty() && m_parts.suffix.empty();
    bool isAfterUnknown = false;
    std::string marked;
    for (std::size_t i = 0; i < word.size();) {
        const std::size_t begin = i;
        unicode::next(word, i);
        std::string_view character = word.substr(begin, i - begin);
        if (!isPlain) {
            marked = (begin > 0 ? m_parts.prefix : std::string()) + std::string(character) +
                     (i == word.size() ? m_parts.suffix : std::string());
            character = marked;
        }
        if (const auto id = vocabulary().find(character)) {
            tokens.push_back({*id, begin, i});
            isAfterUnknown = false;
        } else if (m_parts.hasByteFallback && m_byteTokens.covers(character)) {
            for (const char byte : character)
                tokens.push_back({m_byteTokens.idOf(byte), begin, i});
            isAfterUnknown = false;
        } else {
            addUncovered(begin, i, tokens, isAfterUnknown);
        }
    }
}

void BytePairModel::tokenize(std::string_view word, std::vector<WordToken>& tokens) const
{
    if (m_parts.ignoresMerges)
        if (const auto id = vocabulary().find(word)) {
            tokens.push_back({*id, 0, word.size()});
            return;
        }
    const std::size_t first = tokens.size();
    addCharacters(word, tokens);
    if (tokens.size() <= first + fewTokens)
        mergeFew(tokens, first);
    else
        Merger(*this, tokens, first).run();
}

} // namespace lora
