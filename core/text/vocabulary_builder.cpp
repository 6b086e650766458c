#include "core/text/vocabulary_builder.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/text/normalizer.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/unicode.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <queue>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace lora {

namespace {

const std::vector<std::string> BertTokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
constexpr std::string_view Prefix = "##";

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

/// Words of the lines and how often each appears; ordered, so that everything after is deterministic.
std::map<std::string, std::int64_t> countWords(std::span<const std::string> lines)
{
    const auto normalizer = makeBertNormalizer({});
    const auto preTokenizer = makeBertPreTokenizer();
    std::map<std::string, std::int64_t> counts;
    for (const std::string& line : lines) {
        PieceText words(normalizer->normalize(AlignedText::fromInput(line)));
        preTokenizer->split(words);
        for (const PieceText::Range& word : words.pieces)
            ++counts[std::string(words.view(word))];
    }
    return counts;
}

/// A word as its characters, all but the first marked as continuations.
std::vector<std::string> charactersOf(const std::string& word)
{
    std::vector<std::string> characters;
    for (std::size_t i = 0; i < word.size();) {
        const std::size_t start = i;
        unicode::next(word, i);
        characters.push_back((start > 0 ? std::string(Prefix) : std::string()) +
                             word.substr(start, i - start));
    }
    return characters;
}

/// The pieces so far, the words cut into them, and the counts of neighbouring pairs, kept up to date by each
/// merge.
class Merger
{
public:
    Merger(const std::map<std::string, std::int64_t>& words, std::int64_t minimumCount)
        : m_minimum(minimumCount)
    {
        addCharacters(words);
        for (const auto& [text, count] : words)
            addWord(text, count);
        for (const auto& [pair, count] : m_counts)
            push(pair, count);
    }

    const std::vector<std::string>& pieces() const { return m_pieces; }

    /// Merges the most frequent pair into a new piece; false when none is frequent enough.
    bool merge()
    {
        while (!m_queue.empty()) {
            const Candidate best = m_queue.top();
            m_queue.pop();
            const std::int64_t count = m_counts[best.pair];
            if (count != best.count) { // out of date
                push(best.pair, count);
                continue;
            }
            apply(best.pair, pieceOf(joined(best.pair)));
            return true;
        }
        return false;
    }

private:
    struct Candidate
    {
        std::int64_t count = 0;
        std::string text; ///< of the merged piece, for ties
        Pair pair;
        bool operator<(const Candidate& other) const
        {
            // The greatest is merged next: most frequent, then shortest, then first in the alphabet.
            if (count != other.count)
                return count < other.count;
            if (text.size() != other.text.size())
                return text.size() > other.text.size();
            return std::tie(text, pair) > std::tie(other.text, other.pair);
        }
    };

    void addCharacters(const std::map<std::string, std::int64_t>& words)
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
    void addWord(const std::string& text, std::int64_t count)
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

    std::string joined(const Pair& pair) const
    {
        return m_pieces[pair.first] +
               m_pieces[pair.second].substr(Prefix.size()); // a second piece is a continuation
    }

    Piece pieceOf(const std::string& text)
    {
        const auto [entry, isNew] = m_ids.emplace(text, static_cast<Piece>(m_pieces.size()));
        if (isNew)
            m_pieces.push_back(text);
        return entry->second;
    }

    void push(const Pair& pair, std::int64_t count)
    {
        if (count >= m_minimum)
            m_queue.push({count, joined(pair), pair});
    }

    void change(const Pair& pair, std::int64_t by, std::uint32_t word, std::vector<Pair>& changed)
    {
        m_counts[pair] += by;
        if (by > 0) {
            m_where[pair].insert(word);
            changed.push_back(pair);
        }
    }

    void apply(const Pair& pair, Piece merged)
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

    void mergeIn(std::uint32_t index, const Pair& pair, Piece merged, std::vector<Pair>& changed)
    {
        Word& word = m_words[index];
        std::vector<Piece> next;
        next.reserve(word.pieces.size());
        for (std::size_t i = 0; i < word.pieces.size(); ++i) {
            const bool isPair =
                i + 1 < word.pieces.size() && Pair(word.pieces[i], word.pieces[i + 1]) == pair;
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

    std::int64_t m_minimum;
    std::vector<std::string> m_pieces;
    std::unordered_map<std::string, Piece> m_ids;
    std::vector<Word> m_words;
    std::unordered_map<Pair, std::int64_t, PairHash> m_counts;
    std::unordered_map<Pair, std::unordered_set<std::uint32_t>, PairHash>
        m_where;                            ///< words that had the pair
    std::priority_queue<Candidate> m_queue; ///< counts in it may be out of date; merge() checks
};

nlohmann::ordered_json addedToken(const std::string& content, std::size_t id)
{
    return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
            {"rstrip", false}, {"normalized", false}, {"special", true}};
}

nlohmann::ordered_json templateOf(bool isPair)
{
    using Json = nlohmann::ordered_json;
    const auto special = [](const char* token, int type) {
        return Json{{"SpecialToken", {{"id", token}, {"type_id", type}}}};
    };
    const auto sequence = [](const char* name, int type) {
        return Json{{"Sequence", {{"id", name}, {"type_id", type}}}};
    };
    Json parts = Json::array({special("[CLS]", 0), sequence("A", 0), special("[SEP]", 0)});
    if (isPair) {
        parts.push_back(sequence("B", 1));
        parts.push_back(special("[SEP]", 1));
    }
    return parts;
}

nlohmann::ordered_json tokenizerDocument(const std::vector<std::string>& pieces)
{
    using Json = nlohmann::ordered_json;
    Json document;
    document["version"] = "1.0";
    document["truncation"] = nullptr;
    document["padding"] = nullptr;
    for (std::size_t i = 0; i < BertTokens.size(); ++i)
        document["added_tokens"].push_back(addedToken(BertTokens[i], i));
    document["normalizer"] = {{"type", "BertNormalizer"},
                              {"clean_text", true},
                              {"handle_chinese_chars", true},
                              {"strip_accents", nullptr},
                              {"lowercase", true}};
    document["pre_tokenizer"] = {{"type", "BertPreTokenizer"}};
    const auto special = [](const char* token, int id) {
        return Json{{"id", token}, {"ids", Json::array({id})}, {"tokens", Json::array({token})}};
    };
    document["post_processor"] = {
        {"type", "TemplateProcessing"},
        {"single", templateOf(false)},
        {"pair", templateOf(true)},
        {"special_tokens", {{"[CLS]", special("[CLS]", 2)}, {"[SEP]", special("[SEP]", 3)}}}};
    document["decoder"] = {{"type", "WordPiece"}, {"prefix", Prefix}, {"cleanup", true}};
    document["model"] = {{"type", "WordPiece"},
                         {"unk_token", "[UNK]"},
                         {"continuing_subword_prefix", Prefix},
                         {"max_input_chars_per_word", 100}};
    document["model"]["vocab"] = Json::object();
    auto& vocabulary = document["model"]["vocab"].get_ref<Json::object_t&>();
    for (std::size_t i = 0; i < pieces.size(); ++i)
        vocabulary.push_back({pieces[i], i}); // the pieces are distinct: no need to search as emplace would
    return document;
}

void checkPieces(const std::vector<std::string>& pieces)
{
    if (pieces.size() < BertTokens.size() ||
        !std::equal(BertTokens.begin(), BertTokens.end(), pieces.begin()))
        throw Error(ErrorKind::Internal, "a vocabulary must begin with [PAD] [UNK] [CLS] [SEP] [MASK]");
    const std::unordered_set<std::string_view> distinct(pieces.begin(), pieces.end());
    if (distinct.size() != pieces.size())
        throw Error(ErrorKind::Internal, "a vocabulary holds a piece twice");
}

} // namespace

std::vector<std::string> buildWordPieceVocabulary(std::span<const std::string> lines, std::size_t pieceCount,
                                                  std::size_t minimumCount)
{
    Merger merger(countWords(lines), static_cast<std::int64_t>(std::max<std::size_t>(minimumCount, 1)));
    const std::size_t needed = BertTokens.size() + merger.pieces().size();
    if (needed > pieceCount)
        throw Error(
            ErrorKind::BadUsage,
            fmt::format("a vocabulary of {} pieces is too small: the text needs {} for special tokens and "
                        "single characters",
                        pieceCount, needed));
    while (BertTokens.size() + merger.pieces().size() < pieceCount && merger.merge()) {
    }
    std::vector<std::string> pieces = BertTokens;
    pieces.insert(pieces.end(), merger.pieces().begin(), merger.pieces().end());
    return pieces;
}

void writeWordPieceTokenizer(const std::filesystem::path& folder, const std::vector<std::string>& pieces,
                             int modelMaxLength)
{
    checkPieces(pieces);
    nlohmann::ordered_json names = {{"unk_token", "[UNK]"},
                                    {"sep_token", "[SEP]"},
                                    {"pad_token", "[PAD]"},
                                    {"cls_token", "[CLS]"},
                                    {"mask_token", "[MASK]"}};
    nlohmann::ordered_json config = {{"tokenizer_class", "BertTokenizer"},
                                     {"do_lower_case", true},
                                     {"strip_accents", nullptr},
                                     {"tokenize_chinese_chars", true},
                                     {"model_max_length", modelMaxLength}};
    config.update(names);
    writeFileAtomically(folder / "vocab.txt", fmt::format("{}\n", fmt::join(pieces, "\n")));
    writeFileAtomically(folder / "special_tokens_map.json", names.dump(2) + "\n");
    writeFileAtomically(folder / "tokenizer_config.json", config.dump(2) + "\n");
    writeFileAtomically(folder / "tokenizer.json", tokenizerDocument(pieces).dump(2) + "\n");
}

} // namespace lora
