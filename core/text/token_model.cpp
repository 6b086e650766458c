#include "core/text/token_model.h"

#include "core/text/json_fields.h"
#include "core/text/word_level.h"
#include "core/text/word_piece.h"

namespace lora {

namespace {

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

} // namespace

std::unique_ptr<TokenModel> makeTokenModel(const nlohmann::json& description, const std::string& source)
{
    const JsonFields fields(description, source, "model");
    const std::string type = typeOf(fields);
    if (type == "WordPiece") {
        const std::int64_t longest = fields.integer("max_input_chars_per_word", 100);
        if (longest < 1 || longest > WordPiece::MaxWordLimit)
            fields.refuse(fmt::format("max_input_chars_per_word is {}, expected 1 to {}", longest,
                                      WordPiece::MaxWordLimit));
        return std::make_unique<WordPiece>(readVocabulary(fields, source), fields.text("unk_token", "[UNK]"),
                                           fields.text("continuing_subword_prefix", "##"),
                                           static_cast<std::size_t>(longest), source);
    }
    if (type == "WordLevel")
        return std::make_unique<WordLevel>(readVocabulary(fields, source), fields.text("unk_token", "<unk>"),
                                           source);
    fields.unsupported(type, "WordPiece, WordLevel");
}

} // namespace lora
