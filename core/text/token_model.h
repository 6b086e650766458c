#pragma once

#include "core/text/vocabulary.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// A token of a word, and which bytes of the word it stands for.
struct WordToken
{
    std::int32_t id = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
    bool operator==(const WordToken&) const = default;
};

/// Turns one word into tokens: the trained part of a tokenizer. Immutable, safe to use from several threads.
class TokenModel
{
public:
    virtual ~TokenModel() = default;
    /// Appends the tokens of `word` (valid UTF-8, not empty) to `tokens`.
    virtual void tokenize(std::string_view word, std::vector<WordToken>& tokens) const = 0;
    virtual const Vocabulary& vocabulary() const = 0;
    /// Whether a token stands for a single byte ("<0x0A>"), so that a run of such makes up characters.
    virtual bool isByteToken(std::int32_t /*id*/) const { return false; }
};

/// From the "model" of a tokenizer.json. Throws lora::Error: Unsupported naming the type and what is
/// supported, BadInput for a malformed one. `source` names the file.
std::unique_ptr<TokenModel> makeTokenModel(const nlohmann::json& description, const std::string& source);

} // namespace lora
