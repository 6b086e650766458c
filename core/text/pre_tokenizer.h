#pragma once

#include "core/text/aligned_text.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>

namespace lora {

/// Cuts normalised text into the words a token model sees; some kinds rewrite it too (byte-level, "▁").
class PreTokenizer
{
public:
    virtual ~PreTokenizer() = default;
    /// Cuts every piece of `text` further.
    virtual void split(PieceText& text) const = 0;
};

/// Words between whitespace; every punctuation character on its own.
std::unique_ptr<PreTokenizer> makeBertPreTokenizer();
/// GPT-2's words, as characters of its byte alphabet.
std::unique_ptr<PreTokenizer> makeByteLevelPreTokenizer(bool addsPrefixSpace);
/// Qwen2's words, as characters of the byte alphabet.
std::unique_ptr<PreTokenizer> makeQwen2PreTokenizer();

/// From the "pre_tokenizer" of a tokenizer.json; null for null. Throws lora::Error: Unsupported naming the
/// type and what is supported, BadInput for a malformed one. `source` names the file.
std::unique_ptr<PreTokenizer> makePreTokenizer(const nlohmann::json& description, const std::string& source);

} // namespace lora
