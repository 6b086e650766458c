#pragma once

#include <cstdint>
#include <map>
#include <queue>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace lora {

/// Learns byte pairs (Sennrich et al. 2016): the pieces so far, the words cut into them, and the counts of
/// neighbouring pairs, kept up to date by each merge. Ties are broken by the pieces' text, so the result
/// depends on the words alone.
class PairMerger
{
public:
    using WordCounts = std::map<std::string, std::int64_t>;

    /// `prefix` marks characters inside a word. Characters and pairs seen fewer than `minimumCount` times are
    /// left out, but for those of `alphabet`, which become the first pieces in any case.
    PairMerger(const WordCounts& words, std::int64_t minimumCount, std::string prefix,
               const std::vector<std::string>& alphabet = {});

    const std::vector<std::string>& pieces() const { return m_pieces; }
    /// The pairs merged, in order.
    std::vector<std::pair<std::string, std::string>> merges() const;

    /// Merges the most frequent pair; false when none is frequent enough.
    bool merge();

private:
    using Piece = std::uint32_t;
    using Pair = std::pair<Piece, Piece>;
    struct PairHash
    {
        std::size_t operator()(const Pair& pair) const
        {
            return std::hash<std::uint64_t>()((std::uint64_t{pair.first} << 32) | pair.second);
        }
    };
    struct Word
    {
        std::vector<Piece> pieces;
        std::int64_t count = 0;
    };
    struct Candidate
    {
        std::int64_t count = 0;
        std::string text; ///< of the merged piece, for ties
        Pair pair;
        bool operator<(const Candidate& other) const;
    };

    std::vector<std::string> charactersOf(const std::string& word) const;
    void addCharacters(const WordCounts& words);
    void addWord(const std::string& text, std::int64_t count);
    std::string joined(const Pair& pair) const;
    Piece pieceOf(const std::string& text);
    void push(const Pair& pair, std::int64_t count);
    void change(const Pair& pair, std::int64_t by, std::uint32_t word, std::vector<Pair>& changed);
    void apply(const Pair& pair, Piece merged);
    void mergeIn(std::uint32_t index, const Pair& pair, Piece merged, std::vector<Pair>& changed);

    std::int64_t m_minimum;
    std::string m_prefix;
    std::vector<std::string> m_pieces;
    std::vector<Pair> m_merges;
    std::unordered_map<std::string, Piece> m_ids;
    std::vector<Word> m_words;
    std::unordered_map<Pair, std::int64_t, PairHash> m_counts;
    std::unordered_map<Pair, std::unordered_set<std::uint32_t>, PairHash>
        m_where;                            ///< words that had the pair
    std::priority_queue<Candidate> m_queue; ///< counts in it may be out of date; merge() checks
};

} // namespace lora
