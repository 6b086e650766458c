#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/json_text.h"
#include "core/text/json_fields.h"
#include "core/text/pipeline_tokenizer.h"
#include "core/text/unicode.h"
#include "core/text/word_piece.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <set>

namespace lora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uintmax_t MaxFileBytes = std::uintmax_t{1} << 28;

std::int32_t idOf(const JsonFields& fields, std::int64_t id)
{
    if (id < 0 || id >= std::numeric_limits<std::int32_t>::max())
        fields.refuse(fmt::format("id {} is out of range", id));
    return static_cast<std::int32_t>(id);
}

AddedToken readAddedToken(const JsonFields& fields, std::int32_t id)
{
    const bool isSpecial = fields.boolean("special", false);
    return {id,
            fields.text("content"),
            isSpecial,
            fields.boolean("single_word", false),
            fields.boolean("lstrip", false),
            fields.boolean("rstrip", false),
            fields.boolean("normalized", !isSpecial)};
}

/// Names the file in faults that do not know it.
template <class Make>
auto namingFile(const fs::path& path, Make make)
{
    try {
        return make();
    } catch (const Error& fault) {
        const std::string text = fault.what();
        if (text.find(path.string()) != text.npos)
            throw;
        throw Error(fault.kind(), fmt::format("{}: {}", path.string(), text), fault.hint());
    }
}

/// The special tokens a folder's configuration files name; they override what a tokenizer family has by
/// custom.
class SpecialTokenNames
{
public:
    explicit SpecialTokenNames(const fs::path& folder)
    {
        for (const char* name : {"special_tokens_map.json", "tokenizer_config.json"})
            if (fs::exists(folder / name))
                m_files.push_back(readJsonFile(folder / name, MaxFileBytes));
        for (const json& file : m_files)
            if (!file.is_object())
                throw Error(
                    ErrorKind::BadInput,
                    fmt::format("{}: tokenizer_config.json and special_tokens_map.json must hold objects",
                                folder.string()));
    }

    /// The value of the last file that has one: a string, or an object with its content.
    std::string find(const char* key) const
    {
        std::string name;
        for (const json& file : m_files) {
            const auto found = file.find(key);
            if (found == file.end())
                continue;
            if (found->is_string())
                name = found->get<std::string>();
            else if (found->is_object() && found->contains("content") && (*found)["content"].is_string())
                name = (*found)["content"].get<std::string>();
        }
        return name;
    }

private:
    std::vector<json> m_files;
};

/// The token the configuration names, else the first of the customary ones that exists.
std::string specialToken(const SpecialTokenNames& names, const char* key,
                         std::initializer_list<const char*> customary, const TokenizerParts& parts)
{
    if (std::string name = names.find(key); !name.empty())
        return name;
    for (const char* name : customary) {
        const auto isIt = [name](const AddedToken& token) { return token.content == name; };
        if (parts.model->vocabulary().find(name) ||
            std::any_of(parts.addedTokens.begin(), parts.addedTokens.end(), isIt))
            return name;
    }
    return {};
}

std::unique_ptr<Tokenizer> finish(TokenizerParts parts, const fs::path& folder, const fs::path& path)
{
    const SpecialTokenNames names(folder);
    parts.maskToken = specialToken(names, "mask_token", {"[MASK]", "<mask>"}, parts);
    parts.padToken = specialToken(names, "pad_token", {"[PAD]", "<pad>", "<PAD>"}, parts);
    return namingFile(path, [&] { return std::make_unique<PipelineTokenizer>(std::move(parts)); });
}

std::vector<AddedToken> readAddedTokens(const json& document, const std::string& source)
{
    std::vector<AddedToken> tokens;
    const JsonFields fields(document, source, "tokenizer");
    if (!fields.has("added_tokens"))
        return tokens;
    for (const json& token : fields.array("added_tokens")) {
        const JsonFields entry(token, source, "added_tokens");
        tokens.push_back(readAddedToken(entry, idOf(entry, entry.integer("id"))));
    }
    return tokens;
}

std::unique_ptr<Tokenizer> loadTokenizerJson(const fs::path& folder, const fs::path& path)
{
    const std::string source = path.string();
    const json document = readJsonFile(path, MaxFileBytes);
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
    return finish(std::move(parts), folder, path);
}

/// One token a line, the id is the line's number from 0. Of a token that appears twice the last line counts,
/// as in Hugging Face's reader.
std::unique_ptr<Vocabulary> readVocabularyText(const fs::path& path)
{
    const std::string text = readFile(path, MaxFileBytes);
    std::vector<std::string_view> lines;
    for (std::size_t position = 0; position < text.size();) {
        const std::size_t end = std::min(text.find('\n', position), text.size());
        std::string_view line = std::string_view(text).substr(position, end - position);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        lines.push_back(line);
        if (!unicode::isValidUtf8(line))
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: line {} is not UTF-8", path.string(), lines.size()));
        position = end + 1;
    }
    auto vocabulary = std::make_unique<Vocabulary>();
    std::vector<std::pair<std::string_view, std::int64_t>> kept;
    std::set<std::string_view> seen;
    for (std::size_t i = lines.size(); i-- > 0;)
        if (seen.insert(lines[i]).second)
            kept.emplace_back(lines[i], static_cast<std::int64_t>(i));
    for (auto token = kept.rbegin(); token != kept.rend(); ++token)
        vocabulary->add(token->first, token->second);
    return vocabulary;
}

/// The settings of BERT's own tokenizer beside a vocab.txt.
json readTokenizerConfig(const fs::path& folder)
{
    const fs::path path = folder / "tokenizer_config.json";
    return fs::exists(path) ? readJsonFile(path, MaxFileBytes) : json::object();
}

void checkTokenizerClass(const JsonFields& config)
{
    // Others keep something else in a vocab.txt (byte pairs, words of a language's own segmenter).
    static const std::set<std::string> Known = {
        "BertTokenizer",       "DistilBertTokenizer",  "ElectraTokenizer",
        "MobileBertTokenizer", "SqueezeBertTokenizer", "ConvBertTokenizer",
        "LayoutLMTokenizer",   "PreTrainedTokenizer",  "BasicTokenizer"};
    std::string name = config.text("tokenizer_class", "BertTokenizer");
    if (name.ends_with("Fast"))
        name.resize(name.size() - 4);
    if (!Known.contains(name))
        config.unsupported(name, "BertTokenizer, DistilBertTokenizer, ElectraTokenizer, or a tokenizer.json");
}

/// Tokens the configuration lists with their ids and flags.
std::vector<AddedToken> readAddedTokensDecoder(const JsonFields& config, const std::string& source)
{
    std::vector<AddedToken> tokens;
    if (!config.has("added_tokens_decoder"))
        return tokens;
    for (const auto& [key, token] : config.object("added_tokens_decoder").items()) {
        const JsonFields fields(token, source, "added_tokens_decoder");
        if (key.empty() || key.size() > 10 || key.find_first_not_of("0123456789") != key.npos)
            fields.refuse(fmt::format("\"{}\" is not an id", key.substr(0, 40)));
        tokens.push_back(readAddedToken(fields, idOf(fields, std::stoll(key))));
    }
    return tokens;
}

/// Adds BERT's special tokens that are not listed already; returns their ids in the order unk, cls, sep.
std::vector<std::int32_t> addBertSpecialTokens(const SpecialTokenNames& names, const fs::path& path,
                                               const Vocabulary& vocabulary, std::vector<AddedToken>& added)
{
    std::vector<std::int32_t> ids;
    const std::pair<const char*, const char*> tokens[] = {{"unk_token", "[UNK]"},
                                                          {"cls_token", "[CLS]"},
                                                          {"sep_token", "[SEP]"},
                                                          {"pad_token", "[PAD]"},
                                                          {"mask_token", "[MASK]"}};
    for (const auto& [key, customary] : tokens) {
        const std::string configured = names.find(key);
        const std::string content = configured.empty() ? customary : configured;
        const auto listed = std::find_if(added.begin(), added.end(),
                                         [&](const AddedToken& token) { return token.content == content; });
        const auto id = listed != added.end() ? std::optional(listed->id) : vocabulary.find(content);
        if (!id && ids.size() < 3)
            throw Error(
                ErrorKind::BadInput,
                fmt::format("{}: the special token \"{}\" is not in the vocabulary", path.string(), content));
        if (id)
            ids.push_back(*id);
        if (id && listed == added.end())
            added.push_back({*id, content, true});
    }
    return ids;
}

std::unique_ptr<Tokenizer> loadBertVocabulary(const fs::path& folder, const fs::path& path)
{
    const json document = readTokenizerConfig(folder);
    const std::string source = (folder / "tokenizer_config.json").string();
    const JsonFields config(document, source, "tokenizer");
    checkTokenizerClass(config);
    const SpecialTokenNames names(folder);
    auto vocabulary = readVocabularyText(path);
    TokenizerParts parts;
    parts.addedTokens = readAddedTokensDecoder(config, source);
    const auto ids = addBertSpecialTokens(names, path, *vocabulary, parts.addedTokens);
    const bool lowercase = config.boolean("do_lower_case", true);
    parts.normalizer = makeBertNormalizer({true, config.boolean("tokenize_chinese_chars", true),
                                           config.boolean("strip_accents", lowercase), lowercase});
    parts.preTokenizer = makeBertPreTokenizer();
    const std::string unknown = names.find("unk_token");
    parts.model = std::make_unique<WordPiece>(std::move(vocabulary), unknown.empty() ? "[UNK]" : unknown,
                                              "##", 100, path.string());
    parts.postProcessor = bertPostProcessor(ids.at(1), ids.at(2));
    parts.decoder = wordPieceDecoder("##", true);
    return finish(std::move(parts), folder, path);
}

[[noreturn]] void refuseFolderWithoutTokenizer(const fs::path& folder)
{
    std::error_code ignored;
    for (const char* other :
         {"vocab.json", "merges.txt", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model"})
        if (fs::exists(folder / other, ignored))
            throw Error(
                ErrorKind::Unsupported,
                fmt::format("{}: holds {}, but tokenizers are read only from tokenizer.json or vocab.txt",
                            folder.string(), other),
                "Save the tokenizer again with save_pretrained of a fast tokenizer of transformers.");
    throw Error(ErrorKind::FileSystem,
                fmt::format("{}: neither tokenizer.json nor vocab.txt is there", folder.string()),
                "Choose a model folder with its tokenizer, or give data that is already tokenised.");
}

} // namespace

std::unique_ptr<Tokenizer> loadTokenizer(const fs::path& modelFolder)
{
    std::error_code ignored;
    const fs::path document = modelFolder / "tokenizer.json";
    if (fs::exists(document, ignored))
        return loadTokenizerJson(modelFolder, document);
    const fs::path vocabulary = modelFolder / "vocab.txt";
    if (fs::exists(vocabulary, ignored))
        return loadBertVocabulary(modelFolder, vocabulary);
    refuseFolderWithoutTokenizer(modelFolder);
}

} // namespace lora
