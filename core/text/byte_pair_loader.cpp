#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/json_text.h"
#include "core/text/byte_pair_model.h"
#include "core/text/json_fields.h"
#include "core/text/tokenizer_folder.h"
#include "core/text/unicode.h"

namespace lora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

enum class Family { Gpt2, Roberta, Qwen2 };

/// What the folder says it is; without a word, the vocabulary tells RoBERTa from GPT-2.
Family familyOf(const TokenizerFolder& folder, const Vocabulary& vocabulary)
{
    const bool looksLikeRoberta =
        vocabulary.find("<s>") && vocabulary.find("</s>") && vocabulary.find("<mask>");
    const std::string name = folder.tokenizerClass(looksLikeRoberta ? "RobertaTokenizer" : "GPT2Tokenizer");
    if (name == "GPT2Tokenizer")
        return Family::Gpt2;
    if (name == "Qwen2Tokenizer")
        return Family::Qwen2;
    if (name == "RobertaTokenizer" || name == "LongformerTokenizer" || name == "BartTokenizer")
        return Family::Roberta;
    JsonFields(folder.config(), folder.configSource(), "tokenizer")
        .unsupported(name, "GPT2Tokenizer, RobertaTokenizer, Qwen2Tokenizer, or a tokenizer.json");
}

std::unique_ptr<Vocabulary> readVocabulary(const fs::path& path)
{
    const json document = readJsonFile(path, TokenizerFolder::MaxFileBytes);
    const JsonFields fields(document, path.string(), "vocabulary");
    auto vocabulary = std::make_unique<Vocabulary>();
    for (const auto& [token, id] : document.items()) {
        const std::int64_t number = fields.integerOf(id, token);
        try {
            vocabulary->add(token, number);
        } catch (const Error& fault) {
            fields.refuse(fault.what());
        }
    }
    if (vocabulary->size() == 0)
        fields.refuse("it is empty");
    return vocabulary;
}

/// A merge a line, two tokens with a space between.
std::vector<std::pair<std::string, std::string>> readMerges(const fs::path& path)
{
    const std::string text = readFile(path, TokenizerFolder::MaxFileBytes);
    std::vector<std::pair<std::string, std::string>> merges;
    std::size_t number = 0;
    for (std::size_t position = 0; position < text.size(); ++number) {
        const std::size_t end = std::min(text.find('\n', position), text.size());
        std::string_view line = std::string_view(text).substr(position, end - position);
        position = end + 1;
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.empty() || line.starts_with("#version"))
            continue;
        const std::size_t space = line.find(' ');
        if (space == line.npos || line.find(' ', space + 1) != line.npos || !unicode::isValidUtf8(line))
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: line {} must be two tokens with a space between", path.string(),
                                    number + 1));
        merges.emplace_back(line.substr(0, space), line.substr(space + 1));
    }
    return merges;
}

/// The id of the special token a key names; with `customary` when the folder names none. It is listed as an
/// added token, so that it is found in text.
std::optional<std::int32_t> addSpecial(const TokenizerFolder& folder, const char* key, const char* customary,
                                       const Vocabulary& vocabulary, std::vector<AddedToken>& added)
{
    const std::string named = folder.namedToken(key);
    const std::string content = named.empty() ? customary : named;
    for (const AddedToken& token : added)
        if (token.content == content)
            return token.id;
    const auto id = vocabulary.find(content);
    if (id)
        added.push_back({*id, content, true, false, std::string_view(key) == "mask_token"});
    return id;
}

PostProcessor robertaTemplate(const TokenizerFolder& folder, const Vocabulary& vocabulary,
                              std::vector<AddedToken>& added)
{
    const auto cls = addSpecial(folder, "cls_token", "<s>", vocabulary, added);
    const auto sep = addSpecial(folder, "sep_token", "</s>", vocabulary, added);
    addSpecial(folder, "pad_token", "<pad>", vocabulary, added);
    addSpecial(folder, "unk_token", "<unk>", vocabulary, added);
    addSpecial(folder, "mask_token", "<mask>", vocabulary, added);
    if (!cls || !sep)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: the special tokens <s> and </s> are not in the vocabulary",
                                (folder / "vocab.json").string()));
    return robertaPostProcessor(*cls, *sep);
}

PostProcessor gpt2Template(const TokenizerFolder& folder, const Vocabulary& vocabulary,
                           std::vector<AddedToken>& added)
{
    const auto bos = addSpecial(folder, "bos_token", "<|endoftext|>", vocabulary, added);
    for (const char* key : {"eos_token", "unk_token", "pad_token"})
        addSpecial(folder, key, "<|endoftext|>", vocabulary, added);
    const bool addsBos =
        JsonFields(folder.config(), folder.configSource(), "tokenizer").boolean("add_bos_token", false);
    return framePostProcessor(addsBos ? bos : std::nullopt, std::nullopt);
}

} // namespace

std::unique_ptr<Tokenizer> loadBytePairs(const TokenizerFolder& folder)
{
    const fs::path path = folder / "vocab.json";
    BytePairParts model;
    model.vocabulary = readVocabulary(path);
    model.merges = readMerges(folder / "merges.txt");
    const Family family = familyOf(folder, *model.vocabulary);
    TokenizerParts parts;
    parts.addedTokens = folder.listedTokens();
    parts.postProcessor = family == Family::Roberta
                              ? robertaTemplate(folder, *model.vocabulary, parts.addedTokens)
                              : gpt2Template(folder, *model.vocabulary, parts.addedTokens);
    if (family == Family::Qwen2)
        parts.normalizer = makeNfcNormalizer();
    const JsonFields config(folder.config(), folder.configSource(), "tokenizer");
    parts.preTokenizer = family == Family::Qwen2
                             ? makeQwen2PreTokenizer()
                             : makeByteLevelPreTokenizer(config.boolean("add_prefix_space", false));
    parts.model = std::make_unique<BytePairModel>(std::move(model), (folder / "merges.txt").string());
    parts.decoder = byteLevelDecoder();
    return folder.finish(std::move(parts), path);
}

} // namespace lora
