#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// A text as token ids. All vectors have the same length.
struct Encoding
{
    std::vector<std::int32_t> ids;
    std::vector<std::int32_t> typeIds;
    std::vector<std::string> tokens;
    std::vector<bool> isSpecial; ///< added by the template ([CLS], [SEP])
    bool isTruncated = false;
};

enum class SpecialTokens { Add, Omit };

/// Turns text into the ids a model was trained on. Immutable and safe to use from several threads.
class Tokenizer
{
public:
    virtual ~Tokenizer() = default;

    /// Encodes UTF-8 text, or a pair. With `maxLength` > 0 at most so many ids are kept, special tokens
    /// included; of a pair the longer text loses tokens first (Hugging Face's "longest_first"). Invalid UTF-8
    /// becomes U+FFFD.
    virtual Encoding encode(std::string_view text, std::optional<std::string_view> pair,
                            SpecialTokens special, int maxLength) const = 0;
    virtual std::string decode(const std::vector<std::int32_t>& ids) const = 0;

    virtual std::int64_t vocabularySize() const = 0;
    virtual std::optional<std::int32_t> idOf(std::string_view token) const = 0;
    virtual std::string tokenOf(std::int32_t id) const = 0; ///< empty for an unknown id
    virtual std::optional<std::int32_t> maskId() const = 0;
    virtual std::optional<std::int32_t> padId() const = 0;

    Encoding encode(std::string_view text) const { return encode(text, std::nullopt, SpecialTokens::Add, 0); }
};

/// Loads the tokenizer of a model folder: tokenizer.json, else vocab.txt (with tokenizer_config.json where
/// present). Throws lora::Error naming the file and what in it is malformed or not supported (with what is).
std::unique_ptr<Tokenizer> loadTokenizer(const std::filesystem::path& modelFolder);

} // namespace lora
