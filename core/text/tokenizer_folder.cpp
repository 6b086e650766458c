#include "core/text/tokenizer_folder.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/json_text.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <limits>

namespace lora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

json readObject(const fs::path& path)
{
    std::error_code ignored;
    if (!fs::exists(path, ignored))
        return json::object();
    json document = readJsonFile(path, TokenizerFolder::MaxFileBytes);
    if (!document.is_object())
        throw Error(ErrorKind::BadInput, fmt::format("{}: expected an object", path.string()));
    return document;
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

/// A string, or an object with its content.
std::string contentOf(const json& token)
{
    if (token.is_string())
        return token.get<std::string>();
    if (token.is_object() && token.contains("content") && token["content"].is_string())
        return token["content"].get<std::string>();
    return {};
}

} // namespace

AddedToken readAddedToken(const JsonFields& fields, std::int64_t id)
{
    if (id < 0 || id >= std::numeric_limits<std::int32_t>::max())
        fields.refuse(fmt::format("id {} is out of range", id));
    const bool isSpecial = fields.boolean("special", false);
    return {static_cast<std::int32_t>(id),
            fields.text("content"),
            isSpecial,
            fields.boolean("single_word", false),
            fields.boolean("lstrip", false),
            fields.boolean("rstrip", false),
            fields.boolean("normalized", !isSpecial)};
}

TokenizerFolder::TokenizerFolder(fs::path folder)
    : m_path(std::move(folder))
    , m_config(readObject(m_path / "tokenizer_config.json"))
    , m_specialTokens(readObject(m_path / "special_tokens_map.json"))
{}

bool TokenizerFolder::has(const char* name) const
{
    std::error_code ignored;
    return fs::exists(m_path / name, ignored);
}

std::string TokenizerFolder::tokenizerClass(const std::string& otherwise) const
{
    std::string name = JsonFields(m_config, configSource(), "tokenizer").text("tokenizer_class", otherwise);
    if (name.ends_with("Fast"))
        name.resize(name.size() - 4);
    return name;
}

std::string TokenizerFolder::namedToken(const char* key) const
{
    for (const json* file : {&m_config, &m_specialTokens})
        if (const auto found = file->find(key); found != file->end())
            if (std::string name = contentOf(*found); !name.empty())
                return name;
    return {};
}

bool TokenizerFolder::isMentioned(const char* key) const
{
    return m_config.contains(key) || m_specialTokens.contains(key);
}

std::vector<AddedToken> TokenizerFolder::listedTokens() const
{
    std::vector<AddedToken> tokens;
    std::set<std::int32_t> seen;
    const JsonFields config(m_config, configSource(), "tokenizer");
    if (config.has("added_tokens_decoder"))
        for (const auto& [key, token] : config.object("added_tokens_decoder").items()) {
            const JsonFields fields(token, configSource(), "added_tokens_decoder");
            if (key.empty() || key.size() > 10 || key.find_first_not_of("0123456789") != key.npos)
                fields.refuse(fmt::format("\"{}\" is not an id", key.substr(0, 40)));
            tokens.push_back(readAddedToken(fields, std::stoll(key)));
            seen.insert(tokens.back().id);
        }
    const std::string source = (m_path / "added_tokens.json").string();
    const json added = readObject(m_path / "added_tokens.json");
    const JsonFields fields(added, source, "added tokens");
    for (const auto& [content, id] : added.items()) {
        const json entry = {{"content", content}};
        const AddedToken token =
            readAddedToken(JsonFields(entry, source, "added tokens"), fields.integerOf(id, content));
        if (seen.insert(token.id).second)
            tokens.push_back(token);
    }
    return tokens;
}

/// The token the folder names, else the first of the customary ones that exists.
std::string TokenizerFolder::specialToken(const char* key, const std::vector<const char*>& customary,
                                          const TokenizerParts& parts) const
{
    if (std::string name = namedToken(key); !name.empty())
        return name;
    if (isMentioned(key)) // null: the model has none
        return {};
    for (const char* name : customary) {
        const auto isIt = [name](const AddedToken& token) { return token.content == name; };
        if (parts.model->vocabulary().find(name) ||
            std::any_of(parts.addedTokens.begin(), parts.addedTokens.end(), isIt))
            return name;
    }
    return {};
}

std::string TokenizerFolder::chatTemplate() const
{
    const auto found = m_config.find("chat_template");
    if (found != m_config.end() && found->is_string())
        return found->get<std::string>();
    if (found != m_config.end() && found->is_array()) // several, each with a name
        for (const json& entry : *found)
            if (entry.is_object() && entry.value("name", json()) == "default" &&
                entry.value("template", json()).is_string())
                return entry["template"].get<std::string>();
    return has("chat_template.jinja") ? readFile(m_path / "chat_template.jinja", MaxFileBytes)
                                      : std::string();
}

std::unique_ptr<Tokenizer> TokenizerFolder::finish(TokenizerParts parts, const fs::path& path) const
{
    parts.maskToken = specialToken("mask_token", {"[MASK]", "<mask>"}, parts);
    parts.padToken = specialToken("pad_token", {"[PAD]", "<pad>", "<PAD>"}, parts);
    parts.bosToken = specialToken(
        "bos_token", {"<s>", "<|begin_of_text|>", "<bos>", "<BOS>", "<SOS>", "<|endoftext|>"}, parts);
    parts.eosToken =
        specialToken("eos_token", {"</s>", "<|end_of_text|>", "<eos>", "<EOS>", "<|endoftext|>"}, parts);
    parts.chatTemplate = chatTemplate();
    return namingFile(path, [&] { return std::make_unique<PipelineTokenizer>(std::move(parts)); });
}

} // namespace lora
