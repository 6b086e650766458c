#pragma once

#include "core/text/aligned_text.h"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>

namespace lora {

/// Rewrites text before it is split into words: case, accents, forms of the same character. UTF-8 in, UTF-8
/// out.
class Normalizer
{
public:
    virtual ~Normalizer() = default;
    virtual AlignedText normalize(AlignedText text) const = 0;
    std::string normalize(std::string text) const { return normalize(AlignedText(std::move(text))).text(); }
};

/// What BERT does to text before splitting; `handleChineseChars` puts spaces round ideographs.
struct BertNormalizerOptions
{
    bool cleanText = true;
    bool handleChineseChars = true;
    bool stripAccents = true;
    bool lowercase = true;
};
std::unique_ptr<Normalizer> makeBertNormalizer(const BertNormalizerOptions& options);

/// Unicode's composed form (Qwen2's tokenizer without a tokenizer.json).
std::unique_ptr<Normalizer> makeNfcNormalizer();

/// From the "normalizer" of a tokenizer.json; null for null. Throws lora::Error: Unsupported naming the type
/// and what is supported, BadInput for a malformed one. `source` names the file.
std::unique_ptr<Normalizer> makeNormalizer(const nlohmann::json& description, const std::string& source);

} // namespace lora
