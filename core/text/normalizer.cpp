#include "core/text/normalizer.h"

#include "core/text/character_normalizers.h"
#include "core/text/json_fields.h"
#include "core/text/precompiled_charsmap.h"
#include "core/text/text_pattern.h"

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

namespace lora {

namespace {

using unicode::NormalForm;

class BertNormalizer : public Normalizer
{
public:
    explicit BertNormalizer(const BertNormalizerOptions& options)
        : m_options(options)
    {}

    AlignedText normalize(AlignedText text) const override
    {
        if (!isCleanedInPlace(text))
            text = cleaned(text);
        if (m_options.stripAccents && !unicode::isAscii(text.text()))
            text = filtered(normalForm(std::move(text), NormalForm::D),
                            [](char32_t c) { return !unicode::isNonspacingMark(c); });
        return m_options.lowercase ? lowercased(std::move(text)) : text;
    }

private:
    /// ASCII without control characters keeps its length: all but rare texts are done here.
    bool isCleanedInPlace(AlignedText& text) const
    {
        const auto stays = [&](char byte) {
            const auto c = static_cast<unsigned char>(byte);
            return c < 0x80 && !(m_options.cleanText && unicode::isControl(c));
        };
        if (!std::ranges::all_of(text.text(), stays))
            return false;
        if (m_options.cleanText)
            for (char& byte : text.bytes())
                byte = unicode::isWhitespace(static_cast<unsigned char>(byte)) ? ' ' : byte;
        return true;
    }

    AlignedText cleaned(const AlignedText& text) const
    {
        TextRewriter out(text);
        for (std::size_t i = 0; i < text.size();) {
            const std::size_t start = i;
            const char32_t c = unicode::next(text.text(), i);
            if (m_options.cleanText) {
                if (c == 0xFFFD || unicode::isControl(c))
                    continue;
                if (unicode::isWhitespace(c)) {
                    out.replace(start, i, " ");
                    continue;
                }
            }
            const bool isApart = m_options.handleChineseChars && unicode::isIdeograph(c);
            if (isApart)
                out.replace(start, start, " ");
            out.keep(start, i);
            if (isApart)
                out.replace(i, i, " ");
        }
        return out.finish();
    }

    BertNormalizerOptions m_options;
};

/// A rewriting without state of its own.
class FunctionNormalizer : public Normalizer
{
public:
    using Function = std::function<AlignedText(AlignedText)>;
    explicit FunctionNormalizer(Function function)
        : m_function(std::move(function))
    {}
    AlignedText normalize(AlignedText text) const override { return m_function(std::move(text)); }

private:
    Function m_function;
};

class Replace : public Normalizer
{
public:
    Replace(std::unique_ptr<TextPattern> pattern, std::string content)
        : m_pattern(std::move(pattern))
        , m_content(std::move(content))
    {}

    AlignedText normalize(AlignedText text) const override
    {
        TextRewriter out(text);
        std::size_t done = 0;
        m_pattern->forEachMatch(text.text(), [&](std::size_t begin, std::size_t end) {
            out.keep(done, begin);
            out.replace(begin, end, m_content);
            done = end;
        });
        if (done == 0)
            return text;
        out.keep(done, text.size());
        return out.finish();
    }

private:
    std::unique_ptr<TextPattern> m_pattern;
    std::string m_content;
};

class NormalizerSequence : public Normalizer
{
public:
    explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> parts)
        : m_parts(std::move(parts))
    {}

    AlignedText normalize(AlignedText text) const override
    {
        const std::size_t limit = 4096 + 64 * text.size();
        for (const auto& part : m_parts) {
            text = part->normalize(std::move(text));
            if (text.size() > limit) // replacements that feed each other
                throw Error(ErrorKind::BadInput, "the tokenizer's normalizer makes text grow without bound");
        }
        return text;
    }

private:
    std::vector<std::unique_ptr<Normalizer>> m_parts;
};

constexpr std::size_t MaxReplacement = 64; // bytes; bounds what one replacement can grow a text
constexpr int MaxDepth = 16;               // of sequences in sequences

std::unique_ptr<Normalizer> made(FunctionNormalizer::Function function)
{
    return std::make_unique<FunctionNormalizer>(std::move(function));
}

std::unique_ptr<Normalizer> makeReplace(const JsonFields& fields, const std::string& source)
{
    std::string content = fields.text("content");
    if (content.size() > MaxReplacement)
        fields.refuse(
            fmt::format("\"content\" of {} bytes, expected at most {}", content.size(), MaxReplacement));
    return std::make_unique<Replace>(
        makeTextPattern(fields.object("pattern"), source, "normalizer Replace pattern"), std::move(content));
}

std::unique_ptr<Normalizer> makePrepend(const JsonFields& fields)
{
    const std::string prefix = fields.text("prepend");
    if (prefix.size() > MaxReplacement)
        fields.refuse(
            fmt::format("\"prepend\" of {} bytes, expected at most {}", prefix.size(), MaxReplacement));
    return made([prefix](const AlignedText& text) {
        if (text.isEmpty())
            return text;
        TextRewriter out(text);
        out.replace(0, 0, prefix);
        out.keep(0, text.size());
        return out.finish();
    });
}

std::unique_ptr<Normalizer> makePrecompiled(const JsonFields& fields, const std::string& source)
{
    if (!fields.has("precompiled_charsmap")) // sentencepiece's "identity"
        return nullptr;
    const std::string blob = decodeBase64(fields.text("precompiled_charsmap"), source);
    if (blob.empty())
        return nullptr;
    const auto map = std::make_shared<const PrecompiledCharsmap>(blob, source);
    return made([map](const AlignedText& text) { return map->normalize(text); });
}

std::unique_ptr<Normalizer> makeBert(const JsonFields& fields)
{
    const bool lowercase = fields.boolean("lowercase", true);
    return makeBertNormalizer({fields.boolean("clean_text", true),
                               fields.boolean("handle_chinese_chars", true),
                               fields.boolean("strip_accents", lowercase), lowercase});
}

std::unique_ptr<Normalizer> makeStrip(const JsonFields& fields)
{
    const bool left = fields.boolean("strip_left", true);
    const bool right = fields.boolean("strip_right", true);
    return made([left, right](const AlignedText& text) { return stripped(text, left, right); });
}

/// Those without settings; null for other types.
std::unique_ptr<Normalizer> makeSimple(const std::string& type)
{
    static const std::map<std::string, NormalForm> Forms = {
        {"NFC", NormalForm::C}, {"NFD", NormalForm::D}, {"NFKC", NormalForm::KC}, {"NFKD", NormalForm::KD}};
    if (const auto found = Forms.find(type); found != Forms.end())
        return made([form = found->second](AlignedText text) { return normalForm(std::move(text), form); });
    if (type == "Lowercase")
        return made(lowercased);
    if (type == "StripAccents") // decomposing first is another normalizer's work (NFD)
        return made([](const AlignedText& text) {
            return filtered(text, [](char32_t c) { return !unicode::isMark(c); });
        });
    if (type == "Nmt")
        return made(nmtCleaned);
    if (type == "ByteLevel")
        return made(byteLevelText);
    return nullptr;
}

std::unique_ptr<Normalizer> makeAtDepth(const nlohmann::json& description, const std::string& source,
                                        int depth);

std::unique_ptr<Normalizer> makeSequence(const JsonFields& fields, const std::string& source, int depth)
{
    if (depth >= MaxDepth)
        fields.refuse(fmt::format("sequences nested more than {} deep", MaxDepth));
    std::vector<std::unique_ptr<Normalizer>> parts;
    for (const nlohmann::json& part : fields.array("normalizers"))
        if (auto normalizer = makeAtDepth(part, source, depth + 1))
            parts.push_back(std::move(normalizer));
    return std::make_unique<NormalizerSequence>(std::move(parts));
}

std::unique_ptr<Normalizer> makeAtDepth(const nlohmann::json& description, const std::string& source,
                                        int depth)
{
    if (description.is_null())
        return nullptr;
    const JsonFields fields(description, source, "normalizer");
    const std::string type = fields.text("type");
    if (auto simple = makeSimple(type))
        return simple;
    if (type == "BertNormalizer")
        return makeBert(fields);
    if (type == "Strip")
        return makeStrip(fields);
    if (type == "Replace")
        return makeReplace(fields, source);
    if (type == "Prepend")
        return makePrepend(fields);
    if (type == "Precompiled")
        return makePrecompiled(fields, source);
    if (type == "Sequence")
        return makeSequence(fields, source, depth);
    fields.unsupported(type, "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, "
                             "Prepend, Replace, Sequence, Strip, StripAccents");
}

} // namespace

std::unique_ptr<Normalizer> makeBertNormalizer(const BertNormalizerOptions& options)
{
    return std::make_unique<BertNormalizer>(options);
}

std::unique_ptr<Normalizer> makeNfcNormalizer()
{
    return makeSimple("NFC");
}

std::unique_ptr<Normalizer> makeNormalizer(const nlohmann::json& description, const std::string& source)
{
    return makeAtDepth(description, source, 0);
}

} // namespace lora
