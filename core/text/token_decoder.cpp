#include "core/text/token_decoder.h"

#include "core/text/decoder_steps.h"
#include "core/text/json_fields.h"

#include <algorithm>
#include <numeric>

namespace lora {

namespace {

using Tokens = std::vector<std::string>;
using Steps = std::vector<std::unique_ptr<DecoderStep>>;

std::size_t sizeOf(const Tokens& tokens)
{
    return std::accumulate(tokens.begin(), tokens.end(), std::size_t{0},
                           [](std::size_t sum, const std::string& token) { return sum + token.size() + 1; });
}

constexpr int MaxDepth = 16;           // of sequences in sequences
constexpr std::size_t MaxSteps = 64;   // each may lengthen the text
constexpr std::size_t MaxContent = 64; // bytes

std::string shortText(const JsonFields& fields, const char* key, const std::string& otherwise)
{
    std::string text = fields.text(key, otherwise);
    if (text.empty() || text.size() > MaxContent)
        fields.refuse(fmt::format("\"{}\" has {} bytes, expected 1 to {}", key, text.size(), MaxContent));
    return text;
}

std::size_t count(const JsonFields& fields, const char* key)
{
    const std::int64_t value = fields.integer(key, 0);
    if (value < 0)
        fields.refuse(fmt::format("\"{}\" is {}, expected 0 or more", key, value));
    return static_cast<std::size_t>(value);
}

std::unique_ptr<DecoderStep> makeMetaspace(const JsonFields& fields)
{
    const std::string scheme = fields.text("prepend_scheme", "always");
    const bool isPrepended = scheme != "never" && fields.boolean("add_prefix_space", true);
    return makeMetaspaceStep(shortText(fields, "replacement", "▁"), isPrepended);
}

std::unique_ptr<DecoderStep> makeReplace(const JsonFields& fields, const std::string& source,
                                         bool isAfterFuse)
{
    const std::string content = fields.text("content");
    if (content.size() > MaxContent)
        fields.refuse(
            fmt::format("\"content\" has {} bytes, expected at most {}", content.size(), MaxContent));
    return makeReplaceStep(makeTextPattern(fields.object("pattern"), source, "decoder Replace pattern"),
                           content, isAfterFuse);
}

/// Appends the steps of a description.
class DecoderReader
{
public:
    explicit DecoderReader(const std::string& source)
        : m_source(source)
    {}

    void read(const nlohmann::json& description, int depth)
    {
        const JsonFields fields(description, m_source, "decoder");
        if (fields.text("type") != "Sequence") {
            m_steps.push_back(makeStep(fields));
            m_isFused |= fields.text("type") == "Fuse" || fields.text("type") == "ByteLevel";
            if (m_steps.size() > MaxSteps)
                fields.refuse(fmt::format("more than {} steps", MaxSteps));
            return;
        }
        if (depth >= MaxDepth)
            fields.refuse(fmt::format("sequences nested more than {} deep", MaxDepth));
        for (const nlohmann::json& part : fields.array("decoders"))
            read(part, depth + 1);
    }
    Steps take() { return std::move(m_steps); }

private:
    std::unique_ptr<DecoderStep> makeStep(const JsonFields& fields) const
    {
        const std::string type = fields.text("type");
        if (type == "WordPiece")
            return makeWordPieceStep(fields.text("prefix", "##"), fields.boolean("cleanup", true));
        if (type == "ByteLevel")
            return makeByteLevelStep();
        if (type == "ByteFallback")
            return makeByteFallbackStep();
        if (type == "Fuse")
            return makeFuseStep();
        if (type == "Metaspace")
            return makeMetaspace(fields);
        if (type == "BPEDecoder")
            return makeWordEndStep(shortText(fields, "suffix", "</w>"));
        if (type == "Strip")
            return makeStripStep(shortText(fields, "content", " "), count(fields, "start"),
                                 count(fields, "stop"));
        if (type == "Replace")
            return makeReplace(fields, m_source, m_isFused);
        fields.unsupported(
            type,
            "BPEDecoder, ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, Strip, WordPiece");
    }

    const std::string& m_source;
    Steps m_steps;
    bool m_isFused = false;
};

TokenDecoder decoderOf(std::unique_ptr<DecoderStep> step)
{
    Steps steps;
    steps.push_back(std::move(step));
    return TokenDecoder(std::move(steps));
}

} // namespace

std::string TokenDecoder::decode(const std::vector<std::string_view>& tokens) const
{
    Tokens texts(tokens.begin(), tokens.end());
    if (m_steps.empty())
        for (std::size_t i = 1; i < texts.size(); ++i)
            texts[i].insert(0, " ");
    const std::size_t limit = 4096 + 64 * sizeOf(texts);
    for (const auto& step : m_steps) {
        step->apply(texts);
        if (sizeOf(texts) > limit) // replacements that feed each other
            throw Error(ErrorKind::BadInput, "the tokenizer's decoder makes text grow without bound");
    }
    return joinedTokens(texts);
}

bool TokenDecoder::isSettled() const
{
    return std::all_of(m_steps.begin(), m_steps.end(), [](const auto& step) { return step->isSettled(); });
}

TokenDecoder wordPieceDecoder(const std::string& prefix, bool cleanup)
{
    return decoderOf(makeWordPieceStep(prefix, cleanup));
}

TokenDecoder byteLevelDecoder()
{
    return decoderOf(makeByteLevelStep());
}

TokenDecoder makeTokenDecoder(const nlohmann::json& description, const std::string& source)
{
    if (description.is_null())
        return {};
    DecoderReader reader(source);
    reader.read(description, 0);
    return TokenDecoder(reader.take());
}

} // namespace lora
