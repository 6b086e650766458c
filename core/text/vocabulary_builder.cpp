#include "core/text/vocabulary_builder.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/text/added_tokens.h"
#include "core/text/byte_level.h"
#include "core/text/normalizer.h"
#include "core/text/pair_merger.h"
#include "core/text/pre_tokenizer.h"
#include "core/text/unicode.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace lora {

namespace {

const std::vector<std::string> BertTokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
constexpr std::string_view Prefix = "##";

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
    PairMerger merger(countWords(lines), static_cast<std::int64_t>(std::max<std::size_t>(minimumCount, 1)),
                      std::string(Prefix));
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

namespace {

constexpr std::size_t LongestWord = 512; // characters; bounds the cost of a merge

/// The words of byte-level BPE, as characters of the byte alphabet. Special tokens are no words.
PairMerger::WordCounts countByteWords(std::span<const std::string> texts,
                                      const std::vector<std::string>& specialTokens)
{
    std::vector<AddedToken> added;
    for (const std::string& token : specialTokens)
        added.push_back({static_cast<std::int32_t>(added.size()), token, true});
    const AddedTokens splitter(added, nullptr);
    const auto preTokenizer = makeByteLevelPreTokenizer(false);
    PairMerger::WordCounts counts;
    for (const std::string& text : texts)
        for (AddedTokens::Part& part : splitter.split(AlignedText::fromInput(text))) {
            PieceText words(std::move(part.text));
            preTokenizer->split(words);
            for (const PieceText::Range& range : words.pieces)
                for (std::string_view rest = words.view(range); !rest.empty();) {
                    std::size_t end = 0;
                    for (std::size_t i = 0; i < LongestWord && end < rest.size(); ++i)
                        unicode::next(rest, end);
                    ++counts[std::string(rest.substr(0, end))];
                    rest.remove_prefix(end);
                }
        }
    return counts;
}

std::vector<std::string> byteAlphabet()
{
    std::vector<std::string> characters;
    for (int byte = 0; byte < 256; ++byte)
        characters.emplace_back(byte_level::characterOf(static_cast<unsigned char>(byte)));
    std::sort(characters.begin(), characters.end());
    return characters;
}

nlohmann::ordered_json bytePairDocument(const BytePairVocabulary& vocabulary)
{
    using Json = nlohmann::ordered_json;
    Json document;
    document["version"] = "1.0";
    document["truncation"] = nullptr;
    document["padding"] = nullptr;
    document["added_tokens"] = Json::array();
    for (std::size_t i = 0; i < vocabulary.specialTokens.size(); ++i)
        document["added_tokens"].push_back(addedToken(vocabulary.specialTokens[i], i));
    document["normalizer"] = nullptr;
    const auto byteLevel = [](bool trims) {
        return Json{
            {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", trims}, {"use_regex", true}};
    };
    document["pre_tokenizer"] = byteLevel(true);
    document["post_processor"] = byteLevel(false);
    document["decoder"] = byteLevel(true);
    document["model"] = {{"type", "BPE"},
                         {"dropout", nullptr},
                         {"unk_token", nullptr},
                         {"continuing_subword_prefix", nullptr},
                         {"end_of_word_suffix", nullptr},
                         {"fuse_unk", false},
                         {"byte_fallback", false},
                         {"ignore_merges", false}};
    document["model"]["vocab"] = Json::object();
    auto& pieces = document["model"]["vocab"].get_ref<Json::object_t&>();
    for (const std::string& piece : vocabulary.pieces)
        pieces.push_back({piece, pieces.size()});
    document["model"]["merges"] = Json::array();
    for (const auto& [left, right] : vocabulary.merges)
        document["model"]["merges"].push_back(left + " " + right); // the form every version reads
    return document;
}

} // namespace

BytePairVocabulary buildBytePairVocabulary(std::span<const std::string> texts, std::size_t pieceCount,
                                           const std::vector<std::string>& specialTokens,
                                           std::size_t minimumCount)
{
    BytePairVocabulary made;
    made.specialTokens = specialTokens;
    const std::vector<std::string> alphabet = byteAlphabet();
    const std::size_t needed = specialTokens.size() + alphabet.size();
    if (pieceCount < needed)
        throw Error(ErrorKind::BadUsage,
                    fmt::format("a vocabulary of {} pieces is too small: special tokens and bytes need {}",
                                pieceCount, needed));
    const std::unordered_set<std::string> distinct(specialTokens.begin(), specialTokens.end());
    for (const std::string& character : alphabet)
        if (distinct.contains(character) || distinct.size() != specialTokens.size())
            throw Error(ErrorKind::BadUsage, "special tokens must be distinct and longer than one byte");
    PairMerger merger(countByteWords(texts, specialTokens),
                      static_cast<std::int64_t>(std::max<std::size_t>(minimumCount, 1)), "", alphabet);
    while (specialTokens.size() + merger.pieces().size() < pieceCount && merger.merge()) {
    }
    made.pieces = specialTokens;
    for (const std::string& piece : merger.pieces())
        if (!distinct.contains(piece))
            made.pieces.push_back(piece);
    made.merges = merger.merges();
    return made;
}

void writeBytePairTokenizer(const std::filesystem::path& folder, const BytePairVocabulary& vocabulary,
                            const std::map<std::string, std::string>& roles, int modelMaxLength)
{
    const nlohmann::ordered_json names = roles;
    nlohmann::ordered_json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                                     {"clean_up_tokenization_spaces", false},
                                     {"model_max_length", modelMaxLength}};
    for (const auto& [role, token] : roles) {
        if (std::find(vocabulary.specialTokens.begin(), vocabulary.specialTokens.end(), token) ==
            vocabulary.specialTokens.end())
            throw Error(ErrorKind::BadUsage,
                        fmt::format("{} \"{}\" is none of the special tokens", role, token));
        config[role] = token;
    }
    writeFileAtomically(folder / "special_tokens_map.json", names.dump(2) + "\n");
    writeFileAtomically(folder / "tokenizer_config.json", config.dump(2) + "\n");
    writeFileAtomically(folder / "tokenizer.json", bytePairDocument(vocabulary).dump(2) + "\n");
}

} // namespace lora
