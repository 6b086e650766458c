#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// Bytes of a text as it was given; the end is past the last byte.
struct TextSpan
{
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    bool operator==(const TextSpan&) const = default;
};

/// A text as token ids. All vectors have the same length. A token that is a part of a character (byte-level
/// or byte-fallback) spans the whole character; a token that stands for nothing in the text (a prefix space)
/// has an empty span.
struct Encoding
{
    std::vector<std::int32_t> ids;
    std::vector<std::int32_t> typeIds;
    std::vector<std::string> tokens;
    std::vector<bool> isSpecial; ///< added by the template ([CLS], [SEP])
    std::vector<TextSpan> spans; ///< in the text or the pair, as sequenceIds tells; {0, 0} if special
    std::vector<std::int8_t> sequenceIds; ///< 0 text, 1 pair, -1 special
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
    /// A text and a pair too long for one encoding (a question and a passage): every window holds the whole
    /// text and a part of the pair, and consecutive windows share `stride` tokens of it (Hugging Face's
    /// truncation="only_second" with return_overflowing_tokens). With special tokens. Throws lora::Error
    /// (BadUsage) when `maxLength` leaves no room for more than `stride` tokens of the pair.
    std::vector<Encoding> encodeWindows(std::string_view text, std::string_view pair, int maxLength,
                                        int stride) const;

    /// Special tokens are left out.
    virtual std::string decode(const std::vector<std::int32_t>& ids) const = 0;
    /// How many of the first `ids` decode to text that later ids cannot change, but for a character whose
    /// last bytes are still to come. For StreamDecoder.
    virtual std::size_t settledIds(const std::vector<std::int32_t>& ids) const { return ids.size(); }

    virtual std::int64_t vocabularySize() const = 0;
    virtual std::optional<std::int32_t> idOf(std::string_view token) const = 0;
    virtual std::string tokenOf(std::int32_t id) const = 0; ///< empty for an unknown id
    virtual std::optional<std::int32_t> maskId() const = 0;
    virtual std::optional<std::int32_t> padId() const = 0;
    virtual std::optional<std::int32_t> bosId() const { return std::nullopt; }
    virtual std::optional<std::int32_t> eosId() const { return std::nullopt; }
    /// The folder's chat template as it stands there (Jinja text); empty when it has none.
    virtual std::string chatTemplate() const { return {}; }

    Encoding encode(std::string_view text) const { return encode(text, std::nullopt, SpecialTokens::Add, 0); }
};

/// Decodes ids as they come, one by one. Emits only text that can no longer change (no half characters);
/// everything emitted together is decode() of all ids.
class StreamDecoder
{
public:
    /// `tokenizer` must outlive the decoder.
    explicit StreamDecoder(const Tokenizer& tokenizer)
        : m_tokenizer(tokenizer)
    {}
    /// Ids that come first and whose text is not wanted: what follows a prompt begins as it would in its middle.
    void skip(const std::vector<std::int32_t>& ids);
    std::string push(std::int32_t id);
    /// What is left when no more ids come.
    std::string finish();

private:
    std::string emitUpTo(const std::string& text, std::size_t end);

    const Tokenizer& m_tokenizer;
    std::vector<std::int32_t> m_ids;
    std::size_t m_emitted = 0; ///< bytes of the decoded text
};

/// Loads the tokenizer of a model folder: tokenizer.json, else tokenizer.model (sentencepiece), vocab.json
/// with merges.txt, or vocab.txt (with tokenizer_config.json where present). Throws lora::Error naming the
/// file and what in it is malformed or not supported (with what is).
std::unique_ptr<Tokenizer> loadTokenizer(const std::filesystem::path& modelFolder);

} // namespace lora
