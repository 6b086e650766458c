#pragma once

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// Splits normalised text into the words a token model sees. Pieces are views into `text`, never empty.
class PreTokenizer
{
public:
    virtual ~PreTokenizer() = default;
    /// Appends the pieces of `text` to `pieces`.
    virtual void split(std::string_view text, std::vector<std::string_view>& pieces) const = 0;
};

/// Words between whitespace; every punctuation character on its own.
std::unique_ptr<PreTokenizer> makeBertPreTokenizer();

/// From the "pre_tokenizer" of a tokenizer.json; null for null. Throws lora::Error: Unsupported naming the
/// type and what is supported, BadInput for a malformed one. `source` names the file.
std::unique_ptr<PreTokenizer> makePreTokenizer(const nlohmann::json& description, const std::string& source);

} // namespace lora
