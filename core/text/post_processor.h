#pragma once

#include "core/text/vocabulary.h"

#include <nlohmann/json_fwd.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// Where the special tokens of a model go: "[CLS] A [SEP]" and "[CLS] A [SEP] B:1 [SEP]:1". Every
/// post-processor of Hugging Face's tokenizers is one such pair of templates.
struct PostProcessor
{
    enum class Kind { Special, First, Second };
    struct Part
    {
        Kind kind = Kind::First;
        std::int32_t id = 0; ///< of a special token
        std::int32_t typeId = 0;
    };

    std::vector<Part> single = {{Kind::First, 0, 0}};
    std::vector<Part> pair = {{Kind::First, 0, 0}, {Kind::Second, 0, 1}};
    bool trimsSpans = false; ///< spans leave out the spaces at a token's ends

    /// How many special tokens are added.
    int addedTokens(bool isPair) const;
};

/// BERT's two templates.
PostProcessor bertPostProcessor(std::int32_t clsId, std::int32_t sepId);

/// RoBERTa's: "<s> A </s>" and "<s> A </s></s> B </s>", all of type 0.
PostProcessor robertaPostProcessor(std::int32_t clsId, std::int32_t sepId);
/// Llama's: tokens that begin and end each text, where given.
PostProcessor framePostProcessor(std::optional<std::int32_t> bosId, std::optional<std::int32_t> eosId);

/// From the "post_processor" of a tokenizer.json; plain concatenation for null. `isKnown` tells which ids
/// exist. Throws lora::Error: Unsupported naming the type and what is supported, BadInput for a malformed
/// one.
PostProcessor makePostProcessor(const nlohmann::json& description, const std::string& source,
                                const std::function<bool(std::int32_t)>& isKnown);

} // namespace lora
