#pragma once

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// One step from tokens to text: rewrites the list of tokens.
class DecoderStep
{
public:
    virtual ~DecoderStep() = default;
    virtual void apply(std::vector<std::string>& tokens) const = 0;
    /// Whether the text of the first tokens stays what it is when more tokens follow (but for a run of byte
    /// tokens at the end).
    virtual bool isSettled() const { return true; }
};

/// Joins tokens to text, step by step; without any step tokens are joined with spaces.
class TokenDecoder
{
public:
    TokenDecoder() = default;
    explicit TokenDecoder(std::vector<std::unique_ptr<DecoderStep>> steps)
        : m_steps(std::move(steps))
    {}

    std::string decode(const std::vector<std::string_view>& tokens) const;
    /// Whether text can be decoded as tokens come.
    bool isSettled() const;

private:
    std::vector<std::unique_ptr<DecoderStep>> m_steps;
};

/// WordPiece's: no space before a continuation ("##ing") and, when cleaning up, before punctuation and
/// English contractions ("do n't ." -> "don't.").
TokenDecoder wordPieceDecoder(const std::string& prefix, bool cleanup);
/// GPT-2's bytes back to text; malformed UTF-8 becomes U+FFFD.
TokenDecoder byteLevelDecoder();

/// From the "decoder" of a tokenizer.json; plain joining for null. Throws lora::Error like the other makers.
TokenDecoder makeTokenDecoder(const nlohmann::json& description, const std::string& source);

} // namespace lora
