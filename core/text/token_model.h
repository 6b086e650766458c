#pragma once

#include "core/text/vocabulary.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// Turns one word into token ids: the trained part of a tokenizer. Immutable, safe to use from several
/// threads.
class TokenModel
{
public:
    virtual ~TokenModel() = default;
    /// Appends the ids of `word` (valid UTF-8, not empty) to `ids`.
    virtual void tokenize(std::string_view word, std::vector<std::int32_t>& ids) const = 0;
    virtual const Vocabulary& vocabulary() const = 0;
};

/// From the "model" of a tokenizer.json. Throws lora::Error: Unsupported naming the type and what is
/// supported, BadInput for a malformed one. `source` names the file.
std::unique_ptr<TokenModel> makeTokenModel(const nlohmann::json& description, const std::string& source);

} // namespace lora
