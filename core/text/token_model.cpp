#include "core/text/token_model.h"

#include "core/text/byte_pair_model.h"
#include "core/text/json_fields.h"
#include "core/text/unigram_model.h"
#include "core/text/word_level.h"
#include "core/text/word_piece.h"

namespace lora {

namespace {

constexpr std::size_t MaxAffix = 32; // bytes; bounds the cost of a character

/// Files of older versions have no "type"; their fields tell.
std::string typeOf(const JsonFields& fields)
{
    if (fields.has("type"))
        return fields.text("type");
    if (fields.has("merges"))
        return "BPE";
    if (fields.has("unk_id"))
        return "Unigram";
    return fields.has("max_input_chars_per_word") || fields.has("continuing_subword_prefix") ? "WordPiece"
                                                                                             : "WordLevel";
}

std::unique_ptr<Vocabulary> readVocabulary(const JsonFields& fields, const std::string& source)
{
    auto vocabulary = std::make_unique<Vocabulary>();
    vocabulary->reserve(fields.object("vocab").size());
    for (const auto& [token, id] : fields.object("vocab").items()) {
        const std::int64_t number = fields.integerOf(id, token);
        try {
            vocabulary->add(token, number);
        } catch (const Error& fault) {
            throw Error(fault.kind(), fmt::format("{}: {}", source, fault.what()));
        }
    }
    if (vocabulary->size() == 0)
        fields.refuse("\"vocab\" is empty");
    return vocabulary;
}

/// "a b", or ["a", "b"] in files of newer versions.
std::pair<std::string, std::string> readMerge(const JsonFields& fields, const nlohmann::json& merge,
                                              std::size_t number)
{
    if (merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string())
        return {merge[0].get<std::string>(), merge[1].get<std::string>()};
    const std::string text = merge.is_string() ? merge.get<std::string>() : std::string();
    const std::size_t space = text.find(' ');
    if (space == text.npos || text.find(' ', space + 1) != text.npos)
        fields.refuse(
            fmt::format("\"merges\" number {} must be two tokens, as \"a b\" or [\"a\", \"b\"]", number + 1));
    return {text.substr(0, space), text.substr(space + 1)};
}

std::unique_ptr<TokenModel> makeBytePair(const JsonFields& fields, const std::string& source)
{
    BytePairParts parts;
    parts.vocabulary = readVocabulary(fields, source);
    const nlohmann::json& merges = fields.array("merges");
    parts.merges.reserve(merges.size());
    for (const nlohmann::json& merge : merges)
        parts.merges.push_back(readMerge(fields, merge, parts.merges.size()));
    parts.unknownToken = fields.text("unk_token", "");
    parts.prefix = fields.text("continuing_subword_prefix", "");
    parts.suffix = fields.text("end_of_word_suffix", "");
    if (parts.prefix.size() > MaxAffix || parts.suffix.size() > MaxAffix)
        fields.refuse(
            fmt::format("continuing_subword_prefix and end_of_word_suffix may have {} bytes", MaxAffix));
    parts.fusesUnknown = fields.boolean("fuse_unk", false);
    parts.hasByteFallback = fields.boolean("byte_fallback", false);
    parts.ignoresMerges = fields.boolean("ignore_merges", false);
    return std::make_unique<BytePairModel>(std::move(parts), source); // "dropout" is for training alone
}

std::unique_ptr<TokenModel> makeUnigram(const JsonFields& fields, const std::string& source)
{
    std::vector<UnigramModel::Piece> pieces;
    for (const nlohmann::json& piece : fields.array("vocab")) {
        if (!piece.is_array() || piece.size() != 2 || !piece[0].is_string() || !piece[1].is_number())
            fields.refuse(fmt::format("\"vocab\" entry {} must be a piece and its score", pieces.size()));
        pieces.push_back({piece[0].get<std::string>(), piece[1].get<double>()});
    }
    std::optional<std::int32_t> unknownId;
    if (fields.has("unk_id")) {
        const std::int64_t id = fields.integer("unk_id");
        if (id < 0 || id >= static_cast<std::int64_t>(pieces.size()))
            fields.refuse(fmt::format("\"unk_id\" is {}, but there are {} pieces", id, pieces.size()));
        unknownId = static_cast<std::int32_t>(id);
    }
    return std::make_unique<UnigramModel>(pieces, unknownId, fields.boolean("byte_fallback", false), source);
}

std::unique_ptr<TokenModel> makeWordPiece(const JsonFields& fields, const std::string& source)
{
    const std::int64_t longest = fields.integer("max_input_chars_per_word", 100);
    if (longest < 1 || longest > WordPiece::MaxWordLimit)
        fields.refuse(fmt::format("max_input_chars_per_word is {}, expected 1 to {}", longest,
                                  WordPiece::MaxWordLimit));
    return std::make_unique<WordPiece>(readVocabulary(fields, source), fields.text("unk_token", "[UNK]"),
                                       fields.text("continuing_subword_prefix", "##"),
                                       static_cast<std::size_t>(longest), source);
}

} // namespace

std::unique_ptr<TokenModel> makeTokenModel(const nlohmann::json& description, const std::string& source)
{
    const JsonFields fields(description, source, "model");
    const std::string type = typeOf(fields);
    if (type == "WordPiece")
        return makeWordPiece(fields, source);
    if (type == "WordLevel")
        return std::make_unique<WordLevel>(readVocabulary(fields, source), fields.text("unk_token", "<unk>"),
                                           source);
    if (type == "BPE")
        return makeBytePair(fields, source);
    if (type == "Unigram")
        return makeUnigram(fields, source);
    fields.unsupported(type, "BPE, Unigram, WordLevel, WordPiece");
}

} // namespace lora
