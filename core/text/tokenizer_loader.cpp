#include "core/base/error.h"
#include "core/io/json_text.h"
#include "core/text/json_fields.h"
#include "core/text/tokenizer_folder.h"

#include <set>

namespace lora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::vector<AddedToken> readAddedTokens(const json& document, const std::string& source)
{
    std::vector<AddedToken> tokens;
    const JsonFields fields(document, source, "tokenizer");
    if (!fields.has("added_tokens"))
        return tokens;
    for (const json& token : fields.array("added_tokens")) {
        const JsonFields entry(token, source, "added_tokens");
        tokens.push_back(readAddedToken(entry, entry.integer("id")));
    }
    return tokens;
}

[[noreturn]] void refuseFolderWithoutTokenizer(const TokenizerFolder& folder)
{
    for (const char* other : {"vocab.json", "merges.txt", "spiece.model", "sentencepiece.bpe.model"})
        if (folder.has(other))
            throw Error(
                ErrorKind::Unsupported,
                fmt::format(
                    "{}: holds {}, but tokenizers are read only from tokenizer.json, tokenizer.model, "
                    "vocab.json with merges.txt, or vocab.txt",
                    folder.name(), other),
                "Save the tokenizer again with save_pretrained of a fast tokenizer of transformers.");
    throw Error(ErrorKind::FileSystem,
                fmt::format("{}: none of tokenizer.json, tokenizer.model, vocab.json with merges.txt, and "
                            "vocab.txt is there",
                            folder.name()),
                "Choose a model folder with its tokenizer, or give data that is already tokenised.");
}

} // namespace

std::unique_ptr<Tokenizer> loadTokenizerJson(const TokenizerFolder& folder)
{
    const fs::path path = folder / "tokenizer.json";
    const std::string source = path.string();
    const json document = readJsonFile(path, TokenizerFolder::MaxFileBytes);
    const JsonFields fields(document, source, "tokenizer");
    const auto part = [&](const char* key) { return fields.has(key) ? fields.at(key) : json(); };
    TokenizerParts parts;
    parts.model =
        makeTokenModel(fields.object("model"), source); // first: the model's type names the kind of tokenizer
    parts.normalizer = makeNormalizer(part("normalizer"), source);
    parts.preTokenizer = makePreTokenizer(part("pre_tokenizer"), source);
    parts.addedTokens = readAddedTokens(document, source);
    std::set<std::int32_t> addedIds;
    for (const AddedToken& token : parts.addedTokens)
        addedIds.insert(token.id);
    parts.postProcessor = makePostProcessor(part("post_processor"), source, [&](std::int32_t id) {
        return parts.model->vocabulary().hasId(id) || addedIds.contains(id);
    });
    parts.decoder = makeTokenDecoder(part("decoder"), source);
    return folder.finish(std::move(parts), path);
}

std::unique_ptr<Tokenizer> loadTokenizer(const fs::path& modelFolder)
{
    const TokenizerFolder folder(modelFolder);
    if (folder.has("tokenizer.json"))
        return loadTokenizerJson(folder);
    if (folder.has("tokenizer.model"))
        return loadSentencePiece(folder);
    if (folder.has("vocab.json") && folder.has("merges.txt"))
        return loadBytePairs(folder);
    if (folder.has("vocab.txt"))
        return loadBertVocabulary(folder);
    refuseFolderWithoutTokenizer(folder);
}

} // namespace lora
