#include "core/text/token_decoder.h"

#include "core/text/byte_level.h"
#include "core/text/byte_tokens.h"
#include "core/text/json_fields.h"
#include "core/text/text_pattern.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <numeric>

namespace lora {

namespace {

using Tokens = std::vector<std::string>;
using Steps = std::vector<std::unique_ptr<DecoderStep>>;

std::string joined(const Tokens& tokens)
{
    return std::accumulate(tokens.begin(), tokens.end(), std::string(),
                           [](std::string text, const std::string& token) {
                               text += token;
                               return text;
                           });
}

std::size_t sizeOf(const Tokens& tokens)
{
    return std::accumulate(tokens.begin(), tokens.end(), std::size_t{0},
                           [](std::size_t sum, const std::string& token) { return sum + token.size() + 1; });
}

class WordPieceStep : public DecoderStep
{
public:
    WordPieceStep(std::string prefix, bool cleanup)
        : m_prefix(std::move(prefix))
        , m_cleanup(cleanup)
    {}

    void apply(Tokens& tokens) const override
    {
        for (std::size_t i = 1; i < tokens.size(); ++i) {
            if (!m_prefix.empty() && tokens[i].starts_with(m_prefix))
                tokens[i].erase(0, m_prefix.size());
            else if (!(m_cleanup && attachesToTheWordBefore(tokens[i])))
                tokens[i].insert(0, " ");
        }
    }

private:
    static bool attachesToTheWordBefore(std::string_view token)
    {
        for (const std::string_view start : {".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"})
            if (token.starts_with(start))
                return true;
        return false;
    }

    std::string m_prefix;
    bool m_cleanup;
};

class ByteLevelStep : public DecoderStep
{
    void apply(Tokens& tokens) const override
    {
        std::string bytes;
        for (const std::string& token : tokens)
            bytes += byte_level::decode(token);
        tokens = {unicode::validUtf8(bytes)};
    }
};

/// "<0x0A>" to bytes; a run of them that is not UTF-8 becomes a U+FFFD for each.
class ByteFallbackStep : public DecoderStep
{
    void apply(Tokens& tokens) const override
    {
        Tokens out;
        std::string run;
        const auto finishRun = [&] {
            if (!run.empty() && unicode::isValidUtf8(run))
                out.push_back(run);
            else
                out.insert(out.end(), run.size(), "\uFFFD");
            run.clear();
        };
        for (std::string& token : tokens) {
            if (const int byte = ByteTokens::byteOf(token); byte >= 0) {
                run.push_back(static_cast<char>(byte));
                continue;
            }
            finishRun();
            out.push_back(std::move(token));
        }
        finishRun();
        tokens = std::move(out);
    }
};

class FuseStep : public DecoderStep
{
    void apply(Tokens& tokens) const override { tokens = {joined(tokens)}; }
};

class ReplaceStep : public DecoderStep
{
public:
    ReplaceStep(std::unique_ptr<TextPattern> pattern, std::string content, bool isAfterFuse)
        : m_pattern(std::move(pattern))
        , m_content(std::move(content))
        , m_isAfterFuse(isAfterFuse)
    {}

    void apply(Tokens& tokens) const override
    {
        for (std::string& token : tokens) {
            std::string out;
            std::size_t done = 0;
            m_pattern->forEachMatch(token, [&](std::size_t begin, std::size_t end) {
                out.append(token, done, begin - done).append(m_content);
                done = end;
            });
            if (done > 0)
                token = out.append(token, done);
        }
    }
    bool isSettled() const override { return !m_isAfterFuse; }

private:
    std::unique_ptr<TextPattern> m_pattern;
    std::string m_content;
    bool m_isAfterFuse;
};

class StripStep : public DecoderStep
{
public:
    StripStep(std::string content, std::size_t start, std::size_t stop)
        : m_content(std::move(content))
        , m_start(start)
        , m_stop(stop)
    {}

    void apply(Tokens& tokens) const override
    {
        for (std::string& token : tokens) {
            std::string_view view = token;
            for (std::size_t i = 0; i < m_start && view.starts_with(m_content); ++i)
                view.remove_prefix(m_content.size());
            for (std::size_t i = 0; i < m_stop && view.ends_with(m_content); ++i)
                view.remove_suffix(m_content.size());
            token = std::string(view);
        }
    }
    bool isSettled() const override { return m_stop == 0; }

private:
    std::string m_content;
    std::size_t m_start;
    std::size_t m_stop;
};

class MetaspaceStep : public DecoderStep
{
public:
    MetaspaceStep(std::string mark, bool isPrepended)
        : m_mark(std::move(mark))
        , m_isPrepended(isPrepended)
    {}

    void apply(Tokens& tokens) const override
    {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const std::string_view space = i == 0 && m_isPrepended ? "" : " ";
            std::string& token = tokens[i];
            for (std::size_t found = 0; (found = token.find(m_mark, found)) != token.npos;
                 found += space.size())
                token.replace(found, m_mark.size(), space);
        }
    }

private:
    std::string m_mark;
    bool m_isPrepended;
};

/// A suffix that ends words becomes a space, but for the last word.
class WordEndStep : public DecoderStep
{
public:
    explicit WordEndStep(std::string suffix)
        : m_suffix(std::move(suffix))
    {}

    void apply(Tokens& tokens) const override
    {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const std::string_view space = i + 1 < tokens.size() ? " " : "";
            std::string& token = tokens[i];
            for (std::size_t found = 0; (found = token.find(m_suffix, found)) != token.npos;
                 found += space.size())
                token.replace(found, m_suffix.size(), space);
        }
    }
    bool isSettled() const override { return false; } // a suffix inside the last token would change

private:
    std::string m_suffix;
};

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
    return std::make_unique<MetaspaceStep>(shortText(fields, "replacement", "▁"), isPrepended);
}

std::unique_ptr<DecoderStep> makeReplace(const JsonFields& fields, const std::string& source,
                                         bool isAfterFuse)
{
    const std::string content = fields.text("content");
    if (content.size() > MaxContent)
        fields.refuse(
            fmt::format("\"content\" has {} bytes, expected at most {}", content.size(), MaxContent));
    return std::make_unique<ReplaceStep>(
        makeTextPattern(fields.object("pattern"), source, "decoder Replace pattern"), content, isAfterFuse);
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
            return std::make_unique<WordPieceStep>(fields.text("prefix", "##"),
                                                   fields.boolean("cleanup", true));
        if (type == "ByteLevel")
            return std::make_unique<ByteLevelStep>();
        if (type == "ByteFallback")
            return std::make_unique<ByteFallbackStep>();
        if (type == "Fuse")
            return std::make_unique<FuseStep>();
        if (type == "Metaspace")
            return makeMetaspace(fields);
        if (type == "BPEDecoder")
            return std::make_unique<WordEndStep>(shortText(fields, "suffix", "</w>"));
        if (type == "Strip")
            return std::make_unique<StripStep>(shortText(fields, "content", " "), count(fields, "start"),
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
    return joined(texts);
}

bool TokenDecoder::isSettled() const
{
    return std::all_of(m_steps.begin(), m_steps.end(), [](const auto& step) { return step->isSettled(); });
}

TokenDecoder wordPieceDecoder(const std::string& prefix, bool cleanup)
{
    return decoderOf(std::make_unique<WordPieceStep>(prefix, cleanup));
}

TokenDecoder byteLevelDecoder()
{
    return decoderOf(std::make_unique<ByteLevelStep>());
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
