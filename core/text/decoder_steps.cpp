#include "core/text/decoder_steps.h"

#include "core/text/byte_level.h"
#include "core/text/byte_tokens.h"
#include "core/text/unicode.h"

namespace lora {

namespace {

using Tokens = std::vector<std::string>;

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
    void apply(Tokens& tokens) const override { tokens = {joinedTokens(tokens)}; }
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

} // namespace

std::unique_ptr<DecoderStep> makeWordPieceStep(const std::string& prefix, bool cleanup)
{
    return std::make_unique<WordPieceStep>(prefix, cleanup);
}
std::unique_ptr<DecoderStep> makeByteLevelStep()
{
    return std::make_unique<ByteLevelStep>();
}
std::unique_ptr<DecoderStep> makeByteFallbackStep()
{
    return std::make_unique<ByteFallbackStep>();
}
std::unique_ptr<DecoderStep> makeFuseStep()
{
    return std::make_unique<FuseStep>();
}
std::unique_ptr<DecoderStep> makeReplaceStep(std::unique_ptr<TextPattern> pattern, const std::string& content,
                                             bool isAfterFuse)
{
    return std::make_unique<ReplaceStep>(std::move(pattern), content, isAfterFuse);
}
std::unique_ptr<DecoderStep> makeStripStep(const std::string& content, std::size_t start, std::size_t stop)
{
    return std::make_unique<StripStep>(content, start, stop);
}
std::unique_ptr<DecoderStep> makeMetaspaceStep(const std::string& mark, bool isPrepended)
{
    return std::make_unique<MetaspaceStep>(mark, isPrepended);
}
std::unique_ptr<DecoderStep> makeWordEndStep(const std::string& suffix)
{
    return std::make_unique<WordEndStep>(suffix);
}

std::string joinedTokens(const std::vector<std::string>& tokens)
{
    std::string text;
    for (const std::string& token : tokens)
        text += token;
    return text;
}

} // namespace lora
