#pragma once

#include "core/text/json_fields.h"
#include "core/text/pipeline_tokenizer.h"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <set>

namespace lora {

/// A model folder's small files about its tokenizer: tokenizer_config.json, special_tokens_map.json,
/// added_tokens.json, chat_template.jinja; all of them optional. For the readers of each kind of tokenizer.
class TokenizerFolder
{
public:
    static constexpr std::uintmax_t MaxFileBytes = std::uintmax_t{1} << 28;

    /// Throws lora::Error naming a malformed file.
    explicit TokenizerFolder(std::filesystem::path folder);

    std::filesystem::path operator/(const char* name) const { return m_path / name; }
    bool has(const char* name) const;
    std::string name() const { return m_path.string(); }

    /// tokenizer_config.json; an empty object when absent.
    const nlohmann::json& config() const { return m_config; }
    std::string configSource() const { return (m_path / "tokenizer_config.json").string(); }
    /// Without "Fast" at the end; `otherwise` when not given.
    std::string tokenizerClass(const std::string& otherwise) const;

    /// The special token a file names by a key such as "mask_token"; empty when none does.
    std::string namedToken(const char* key) const;
    /// The tokens that tokenizer_config.json and added_tokens.json list, each id once.
    std::vector<AddedToken> listedTokens() const;

    /// Completes the parts by what the folder names and makes the tokenizer. `path` is the tokenizer's file.
    std::unique_ptr<Tokenizer> finish(TokenizerParts parts, const std::filesystem::path& path) const;

private:
    bool isMentioned(const char* key) const;
    std::string specialToken(const char* key, const std::vector<const char*>& customary,
                             const TokenizerParts& parts) const;
    std::string chatTemplate() const;

    std::filesystem::path m_path;
    nlohmann::json m_config = nlohmann::json::object();
    nlohmann::json m_specialTokens = nlohmann::json::object();
};

/// An entry of a list of added tokens.
AddedToken readAddedToken(const JsonFields& fields, std::int64_t id);

/// The readers of each kind of folder. Each throws lora::Error naming the file.
std::unique_ptr<Tokenizer> loadTokenizerJson(const TokenizerFolder& folder);
std::unique_ptr<Tokenizer> loadSentencePiece(const TokenizerFolder& folder);  ///< tokenizer.model
std::unique_ptr<Tokenizer> loadBytePairs(const TokenizerFolder& folder);      ///< vocab.json and merges.txt
std::unique_ptr<Tokenizer> loadBertVocabulary(const TokenizerFolder& folder); ///< vocab.txt

} // namespace lora
