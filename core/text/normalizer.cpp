#include "core/text/normalizer.h"

#include "core/text/json_fields.h"
#include "core/text/unicode.h"

#include <vector>

namespace lora {

namespace {

using unicode::NormalForm;

/// Copies the characters `keep` accepts.
template <class Keep>
std::string filtered(std::string_view text, Keep keep)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        if (keep(unicode::next(text, i)))
            out.append(text, start, i - start);
    }
    return out;
}

std::string lowercased(std::string_view text)
{
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();)
        unicode::appendLowercase(unicode::next(text, i), out);
    return out;
}

class BertNormalizer : public Normalizer
{
public:
    explicit BertNormalizer(const BertNormalizerOptions& options)
        : m_options(options)
    {}

    std::string normalize(std::string text) const override
    {
        if (unicode::isAscii(text))
            return normalizeAscii(std::move(text));
        text = cleaned(text);
        if (m_options.stripAccents)
            text = filtered(unicode::normalized(text, NormalForm::D),
                            [](char32_t c) { return !unicode::isNonspacingMark(c); });
        return m_options.lowercase ? lowercased(text) : text;
    }

private:
    std::string normalizeAscii(std::string text) const
    {
        std::size_t length = 0;
        for (char c : text) {
            if (m_options.cleanText) {
                if (unicode::isControl(static_cast<char32_t>(c)))
                    continue;
                if (c < ' ')
                    c = ' ';
            }
            text[length++] = m_options.lowercase && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        }
        text.resize(length);
        return text;
    }

    std::string cleaned(std::string_view text) const
    {
        std::string out;
        out.reserve(text.size() + 16);
        for (std::size_t i = 0; i < text.size();) {
            char32_t c = unicode::next(text, i);
            if (m_options.cleanText) {
                if (c == 0xFFFD || unicode::isControl(c))
                    continue;
                if (unicode::isWhitespace(c))
                    c = ' ';
            }
            const bool isApart = m_options.handleChineseChars && unicode::isIdeograph(c);
            if (isApart)
                out.push_back(' ');
            unicode::append(c, out);
            if (isApart)
                out.push_back(' ');
        }
        return out;
    }

    BertNormalizerOptions m_options;
};

class Lowercase : public Normalizer
{
    std::string normalize(std::string text) const override { return lowercased(text); }
};

class NormalFormNormalizer : public Normalizer
{
public:
    explicit NormalFormNormalizer(NormalForm form)
        : m_form(form)
    {}
    std::string normalize(std::string text) const override { return unicode::normalized(text, m_form); }

private:
    NormalForm m_form;
};

/// Drops marks; decomposing first is another normalizer's work (NFD).
class StripAccents : public Normalizer
{
    std::string normalize(std::string text) const override
    {
        return filtered(text, [](char32_t c) { return !unicode::isMark(c); });
    }
};

class Strip : public Normalizer
{
public:
    Strip(bool left, bool right)
        : m_left(left)
        , m_right(right)
    {}

    std::string normalize(std::string text) const override
    {
        std::size_t begin = 0;
        std::size_t end = text.size();
        for (std::size_t i = 0; m_left && i < end && unicode::isWhitespace(unicode::next(text, i));)
            begin = i;
        for (std::size_t i = end; m_right && i > begin && unicode::isWhitespace(unicode::previous(text, i));)
            end = i;
        return text.substr(begin, end - begin);
    }

private:
    bool m_left;
    bool m_right;
};

class Replace : public Normalizer
{
public:
    Replace(std::string pattern, std::string content)
        : m_pattern(std::move(pattern))
        , m_content(std::move(content))
    {}

    std::string normalize(std::string text) const override
    {
        std::string out;
        std::size_t position = 0;
        for (std::size_t found; (found = text.find(m_pattern, position)) != text.npos;) {
            out.append(text, position, found - position).append(m_content);
            position = found + m_pattern.size();
        }
        return out.append(text, position);
    }

private:
    std::string m_pattern;
    std::string m_content;
};

class NormalizerSequence : public Normalizer
{
public:
    explicit NormalizerSequence(std::vector<std::unique_ptr<Normalizer>> parts)
        : m_parts(std::move(parts))
    {}

    std::string normalize(std::string text) const override
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

std::unique_ptr<Normalizer> makeReplace(const JsonFields& fields, const std::string& source)
{
    const JsonFields pattern(fields.object("pattern"), source, "normalizer Replace");
    if (!pattern.has("String"))
        fields.unsupported("Replace with a regular expression", "Replace with a string pattern");
    std::string content = fields.text("content");
    if (pattern.text("String").empty() || content.size() > MaxReplacement)
        fields.refuse(fmt::format("expected a pattern and at most {} bytes of content", MaxReplacement));
    return std::make_unique<Replace>(pattern.text("String"), std::move(content));
}

std::unique_ptr<Normalizer> makeSequence(const JsonFields& fields, const std::string& source)
{
    std::vector<std::unique_ptr<Normalizer>> parts;
    for (const nlohmann::json& part : fields.array("normalizers"))
        if (auto normalizer = makeNormalizer(part, source))
            parts.push_back(std::move(normalizer));
    return std::make_unique<NormalizerSequence>(std::move(parts));
}

} // namespace

std::unique_ptr<Normalizer> makeBertNormalizer(const BertNormalizerOptions& options)
{
    return std::make_unique<BertNormalizer>(options);
}

std::unique_ptr<Normalizer> makeNormalizer(const nlohmann::json& description, const std::string& source)
{
    if (description.is_null())
        return nullptr;
    const JsonFields fields(description, source, "normalizer");
    const std::string type = fields.text("type");
    if (type == "BertNormalizer") {
        const bool lowercase = fields.boolean("lowercase", true);
        return makeBertNormalizer({fields.boolean("clean_text", true),
                                   fields.boolean("handle_chinese_chars", true),
                                   fields.boolean("strip_accents", lowercase), lowercase});
    }
    if (type == "Lowercase")
        return std::make_unique<Lowercase>();
    if (type == "NFC")
        return std::make_unique<NormalFormNormalizer>(NormalForm::C);
    if (type == "NFD")
        return std::make_unique<NormalFormNormalizer>(NormalForm::D);
    if (type == "NFKC")
        return std::make_unique<NormalFormNormalizer>(NormalForm::KC);
    if (type == "NFKD")
        return std::make_unique<NormalFormNormalizer>(NormalForm::KD);
    if (type == "StripAccents")
        return std::make_unique<StripAccents>();
    if (type == "Strip")
        return std::make_unique<Strip>(fields.boolean("strip_left", true),
                                       fields.boolean("strip_right", true));
    if (type == "Replace")
        return makeReplace(fields, source);
    if (type == "Sequence")
        return makeSequence(fields, source);
    fields.unsupported(
        type, "BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, StripAccents, Strip, Replace, Sequence");
}

} // namespace lora
