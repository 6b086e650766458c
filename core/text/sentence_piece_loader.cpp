#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/text/json_fields.h"
#include "core/text/sentence_piece_model.h"
#include "core/text/tokenizer_folder.h"

#include <algorithm>

namespace lora {

namespace {

void checkTokenizerClass(const TokenizerFolder& folder)
{
    // Others shift the ids or add other special tokens (XLM-RoBERTa, T5).
    static const std::set<std::string> Known = {"LlamaTokenizer", "CodeLlamaTokenizer", "GemmaTokenizer",
                                                "PreTrainedTokenizer"};
    const std::string name = folder.tokenizerClass("LlamaTokenizer");
    if (!Known.contains(name))
        JsonFields(folder.config(), folder.configSource(), "tokenizer")
            .unsupported(name, "LlamaTokenizer, GemmaTokenizer, or a tokenizer.json");
}

/// The id of the token the folder names by `key`, else the model's own.
std::optional<std::int32_t> specialId(const TokenizerFolder& folder, const char* key,
                                      const SentencePieceModel& model, std::optional<std::int32_t> own)
{
    const std::string name = folder.namedToken(key);
    return name.empty() ? own : model.vocabulary().find(name);
}

void listSpecialTokens(const SentencePieceModel& model, std::vector<AddedToken>& added)
{
    for (const std::int32_t id : model.specialIds()) {
        const auto isIt = [id](const AddedToken& token) { return token.id == id; };
        const std::string_view content = model.vocabulary().tokenOf(id);
        if (!content.empty() && std::none_of(added.begin(), added.end(), isIt))
            added.push_back({id, std::string(content), true});
    }
}

} // namespace

std::unique_ptr<Tokenizer> loadSentencePiece(const TokenizerFolder& folder)
{
    const std::filesystem::path path = folder / "tokenizer.model";
    checkTokenizerClass(folder);
    auto model =
        std::make_unique<SentencePieceModel>(readFile(path, TokenizerFolder::MaxFileBytes), path.string());
    const JsonFields config(folder.config(), folder.configSource(), "tokenizer");
    const auto bos = specialId(folder, "bos_token", *model, model->bosId());
    const auto eos = specialId(folder, "eos_token", *model, model->eosId());
    TokenizerParts parts;
    parts.addedTokens = folder.listedTokens();
    listSpecialTokens(*model, parts.addedTokens);
    parts.postProcessor = framePostProcessor(config.boolean("add_bos_token", true) ? bos : std::nullopt,
                                             config.boolean("add_eos_token", false) ? eos : std::nullopt);
    std::vector<std::unique_ptr<DecoderStep>> steps;
    steps.push_back(model->decoderStep());
    parts.decoder = TokenDecoder(std::move(steps));
    parts.model = std::move(model);
    return folder.finish(std::move(parts), path);
}

} // namespace lora
