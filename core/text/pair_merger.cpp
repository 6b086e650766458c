#include "core/text/pair_merger.h"

#include "core/text/unicode.h"

#include <tuple>

namespace lora {

bool PairMerger::Candidate::operator<(const Candidate& other) const
{
    // The greatest is merged next: most frequent, then shortest, then first in the alphabet.
    if (count != other.count)
        return count < other.count;
    if (text.size() != other.text.size())
        return text.size() > other.text.size();
    return std::tie(text, pair) > std::tie(other.text, other.pair);
}

PairMerger::PairMerger(const WordCounts& words, std::int64_t minimumCount, std::string prefix,
                       const std::vector<std::string>& alphabet)
    : m_minimum(minimumCount)
    , m_prefix(std::move(prefix))
{
    for (const std::string& character : alphabet)
        pieceOf(character);
    addCharacters(words);
    for (const auto& [text, count] : words)
        addWord(text, count);
    for (const auto& [pair, count] : m_counts)
        push(pair, count);
}

std::vector<std::pair<std::string, std::string>> PairMerger::merges() const
{
    std::vector<std::pair<std::string, std::string>> texts;
    for (const auto& [left, right] : m_merges)
        texts.emplace_back(m_pieces[left], m_pieces[right]);
    return texts;
}

bool PairMerger::merge()
{
    while (!m_queue.empty()) {
        const Candidate best = m_queue.top();
        m_queue.pop();
        const std::int64_t count = m_counts[best.pair];
        if (count != best.count) { // out of date
            push(best.pair, count);
            continue;
        }
        m_merges.push_back(best.pair);
        apply(best.pair, pieceOf(joined(best.pair)));
        return true;
    }
    return false;
}

/// A word as its characters, all but the first marked as continuations.
std::vector<std::string> PairMerger::charactersOf(const std::string& word) const
{
    std::vector<std::string> characters;
    for (std::size_t i = 0; i < word.size();) {
        const std::size_t start = i;
        unicode::next(word, i);
        characters.push_back((start > 0 ? m_prefix : std::string()) + word.substr(start, i - start));
    }
    return characters;
}

void PairMerger::addCharacters(const WordCounts& words)
{
    std::map<std::string, std::int64_t> counts;
    for (const auto& [text, count] : words)
        for (const std::string& character : charactersOf(text))
            counts[character] += count;
    for (const auto& [character, count] : counts)
        if (count >= m_minimum)
            pieceOf(character);
}

/// Words with a character too rare for the vocabulary teach nothing: they will be unknown as a whole.
void PairMerger::addWord(const std::string& text, std::int64_t count)
{
    Word word;
    word.count = count;
    for (const std::string& character : charactersOf(text)) {
        const auto known = m_ids.find(character);
        if (known == m_ids.end())
            return;
        word.pieces.push_back(known->second);
    }
    const auto index = static_cast<std::uint32_t>(m_words.size());
    for (std::size_t i = 0; i + 1 < word.pieces.size(); ++i) {
        const Pair pair{word.pieces[i], word.pieces[i + 1]};
        m_counts[pair] += count;
        m_where[pair].insert(index);
    }
    m_words.push_back(std::move(word));
}

std::string PairMerger::joined(const Pair& pair) const
{
    return m_pieces[pair.first] +
           m_pieces[pair.second].substr(m_prefix.size()); // a second piece is a continuation
}

PairMerger::Piece PairMerger::pieceOf(const std::string& text)
{
    const auto [entry, isNew] = m_ids.emplace(text, static_cast<Piece>(m_pieces.size()));
    if (isNew)
        m_pieces.push_back(text);
    return entry->second;
}

void PairMerger::push(const Pair& pair, std::int64_t count)
{
    if (count >= m_minimum)
        m_queue.push({count, joined(pair), pair});
}

void PairMerger::change(const Pair& pair, std::int64_t by, std::uint32_t word, std::vector<Pair>& changed)
{
    m_counts[pair] += by;
    if (by > 0) {
        m_where[pair].insert(word);
        changed.push_back(pair);
    }
}

void PairMerger::apply(const Pair& pair, Piece merged)
{
    const auto words = std::move(m_where[pair]);
    m_where.erase(pair);
    std::vector<Pair> changed;
    for (const std::uint32_t index : words)
        mergeIn(index, pair, merged, changed);
    m_counts.erase(pair);
    for (const Pair& grown : changed)
        push(grown, m_counts[grown]);
}

void PairMerger::mergeIn(std::uint32_t index, const Pair& pair, Piece merged, std::vector<Pair>& changed)
{
    Word& word = m_words[index];
    std::vector<Piece> next;
    next.reserve(word.pieces.size());
    for (std::size_t i = 0; i < word.pieces.size(); ++i) {
        const bool isPair = i + 1 < word.pieces.size() && Pair(word.pieces[i], word.pieces[i + 1]) == pair;
        next.push_back(isPair ? merged : word.pieces[i]);
        i += isPair;
    }
    if (next.size() == word.pieces.size())
        return; // an earlier merge took the pair apart
    for (std::size_t i = 0; i + 1 < word.pieces.size(); ++i)
        change({word.pieces[i], word.pieces[i + 1]}, -word.count, index, changed);
    for (std::size_t i = 0; i + 1 < next.size(); ++i)
        change({next[i], next[i + 1]}, word.count, index, changed);
    word.pieces = std::move(next);
}

} // namespace lora
