#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/text/json_fields.h"
#include "core/text/tokenizer_folder.h"
#include "core/text/unicode.h"
#include "core/text/word_piece.h"

#include <algorithm>

namespace lora {

namespace fs = std::filesystem;

namespace {

/// One token a line, the id is the line's number from 0. Of a token that appears twice the last line counts,
/// as in Hugging Face's reader.
std::unique_ptr<Vocabulary> readVocabularyText(const fs::path& path)
{
    const std::string text = readFile(path, TokenizerFolder::MaxFileBytes);
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
    vocabulary->reserve(kept.size());
    for (auto token = kept.rbegin(); token != kept.rend(); ++token)
        vocabulary->add(token->first, token->second);
    return vocabulary;
}

void checkTokenizerClass(const TokenizerFolder& folder)
{
    // Others keep something else in a vocab.txt (byte pairs, words of a language's own segmenter).
    static const std::set<std::string> Known = {
        "BertTokenizer",       "DistilBertTokenizer",  "ElectraTokenizer",
        "MobileBertTokenizer", "SqueezeBertTokenizer", "ConvBertTokenizer",
        "LayoutLMTokenizer",   "PreTrainedTokenizer",  "BasicTokenizer"};
    const std::string name = folder.tokenizerClass("BertTokenizer");
    if (!Known.contains(name))
        JsonFields(folder.config(), folder.configSource(), "tokenizer")
            .unsupported(name, "BertTokenizer, DistilBertTokenizer, ElectraTokenizer, or a tokenizer.json");
}

/// Adds BERT's special tokens that are not listed already; returns their ids in the order unk, cls, sep.
std::vector<std::int32_t> addBertSpecialTokens(const TokenizerFolder& folder, const fs::path& path,
                                               const Vocabulary& vocabulary, std::vector<AddedToken>& added)
{
    std::vector<std::int32_t> ids;
    const std::pair<const char*, const char*> tokens[] = {{"unk_token", "[UNK]"},
                                                          {"cls_token", "[CLS]"},
                                                          {"sep_token", "[SEP]"},
                                                          {"pad_token", "[PAD]"},
                                                          {"mask_token", "[MASK]"}};
    for (const auto& [key, customary] : tokens) {
        const std::string configured = folder.namedToken(key);
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

} // namespace

std::unique_ptr<Tokenizer> loadBertVocabulary(const TokenizerFolder& folder)
{
    const fs::path path = folder / "vocab.txt";
    checkTokenizerClass(folder);
    const JsonFields config(folder.config(), folder.configSource(), "tokenizer");
    auto vocabulary = readVocabularyText(path);
    TokenizerParts parts;
    parts.addedTokens = folder.listedTokens();
    const auto ids = addBertSpecialTokens(folder, path, *vocabulary, parts.addedTokens);
    const bool lowercase = config.boolean("do_lower_case", true);
    parts.normalizer = makeBertNormalizer({true, config.boolean("tokenize_chinese_chars", true),
                                           config.boolean("strip_accents", lowercase), lowercase});
    parts.preTokenizer = makeBertPreTokenizer();
    const std::string unknown = folder.namedToken("unk_token");
    parts.model = std::make_unique<WordPiece>(std::move(vocabulary), unknown.empty() ? "[UNK]" : unknown,
                                              "##", 100, path.string());
    parts.postProcessor = bertPostProcessor(ids.at(1), ids.at(2));
    parts.decoder = wordPieceDecoder("##", true);
    return folder.finish(std::move(parts), path);
}

} // namespace lora
