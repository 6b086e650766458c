#include "core/text/pre_tokenizer.h"

#include "core/text/json_fields.h"
#include "core/text/rewriting_pre_tokenizers.h"
#include "core/text/splitting_pre_tokenizers.h"
#include "core/text/unicode.h"

#include <map>

namespace lora {

namespace {

class PreTokenizerSequence : public PreTokenizer
{
public:
    using Parts = std::vector<std::unique_ptr<PreTokenizer>>;
    explicit PreTokenizerSequence(Parts parts)
        : m_parts(std::move(parts))
    {}
    void split(PieceText& text) const override
    {
        const std::size_t limit = 4096 + 64 * text.text.size();
        for (const auto& part : m_parts) {
            part->split(text);
            if (text.text.size() > limit) // rewritings that feed each other
                throw Error(ErrorKind::BadInput,
                            "the tokenizer's pre_tokenizer makes text grow without bound");
        }
    }

private:
    Parts m_parts;
};

constexpr int MaxDepth = 16;            // of sequences in sequences
constexpr std::size_t MaxMark = 16;     // bytes
constexpr std::size_t MaxSequence = 64; // parts; each may lengthen the text

SplitBehavior behaviorOf(const JsonFields& fields, const std::string& otherwise)
{
    static const std::map<std::string, SplitBehavior> Names = {
        {"Removed", SplitBehavior::Removed},
        {"Isolated", SplitBehavior::Isolated},
        {"MergedWithPrevious", SplitBehavior::MergedWithPrevious},
        {"MergedWithNext", SplitBehavior::MergedWithNext},
        {"Contiguous", SplitBehavior::Contiguous}};
    const auto found = Names.find(fields.text("behavior", otherwise));
    if (found == Names.end())
        fields.refuse(
            "\"behavior\" must be Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
    return found->second;
}

std::unique_ptr<PreTokenizer> makeSplit(const JsonFields& fields, const std::string& source)
{
    return makePatternSplit(makeTextPattern(fields.object("pattern"), source, "pre_tokenizer Split pattern"),
                            behaviorOf(fields, "Removed"), fields.boolean("invert", false));
}

std::unique_ptr<PreTokenizer> makeByteLevel(bool addsPrefixSpace, const WordPattern* words)
{
    PreTokenizerSequence::Parts parts;
    if (addsPrefixSpace)
        parts.push_back(makePrefixSpace());
    if (words)
        parts.push_back(makeWordSplit(*words));
    parts.push_back(makeByteCharacters());
    return std::make_unique<PreTokenizerSequence>(std::move(parts));
}

std::unique_ptr<PreTokenizer> makeMetaspace(const JsonFields& fields)
{
    using Prepend = MetaspacePrepend;
    static const std::map<std::string, Prepend> Schemes = {
        {"first", Prepend::First}, {"always", Prepend::Always}, {"never", Prepend::Never}};
    const std::string mark = fields.text("replacement", "▁");
    if (mark.empty() || mark.size() > MaxMark || unicode::length(mark, 2) != 1)
        fields.refuse("\"replacement\" must be one character");
    const auto scheme = Schemes.find(fields.text("prepend_scheme", "always"));
    if (scheme == Schemes.end())
        fields.refuse("\"prepend_scheme\" must be first, always or never");
    const bool isAdded = fields.boolean("add_prefix_space", true); // files of older versions
    return makeMetaspaceSplit(mark, isAdded ? scheme->second : Prepend::Never, fields.boolean("split", true));
}

std::unique_ptr<PreTokenizer> makeDigits(const JsonFields& fields)
{
    return makeCharacterSplit(unicode::isNumeric, fields.boolean("individual_digits", false)
                                                      ? SplitBehavior::Isolated
                                                      : SplitBehavior::Contiguous);
}

std::unique_ptr<PreTokenizer> makeCharDelimiter(const JsonFields& fields)
{
    const std::string delimiter = fields.text("delimiter");
    if (unicode::length(delimiter, 2) != 1)
        fields.refuse("\"delimiter\" must be one character");
    return makePatternSplit(makeStringPattern(delimiter), SplitBehavior::Removed, false);
}

std::unique_ptr<PreTokenizer> makeAtDepth(const nlohmann::json& description, const std::string& source,
                                          int depth);

std::unique_ptr<PreTokenizer> makeSequence(const JsonFields& fields, const std::string& source, int depth)
{
    if (depth >= MaxDepth)
        fields.refuse(fmt::format("sequences nested more than {} deep", MaxDepth));
    if (fields.array("pretokenizers").size() > MaxSequence)
        fields.refuse(fmt::format("a sequence of more than {} parts", MaxSequence));
    PreTokenizerSequence::Parts parts;
    for (const nlohmann::json& part : fields.array("pretokenizers"))
        if (auto preTokenizer = makeAtDepth(part, source, depth + 1))
            parts.push_back(std::move(preTokenizer));
    return std::make_unique<PreTokenizerSequence>(std::move(parts));
}

std::unique_ptr<PreTokenizer> makeAtDepth(const nlohmann::json& description, const std::string& source,
                                          int depth)
{
    if (description.is_null())
        return nullptr;
    const JsonFields fields(description, source, "pre_tokenizer");
    const std::string type = fields.text("type");
    if (type == "BertPreTokenizer")
        return makeBertPreTokenizer();
    if (type == "ByteLevel")
        return makeByteLevel(fields.boolean("add_prefix_space", true),
                             fields.boolean("use_regex", true) ? &WordPattern::gpt2() : nullptr);
    if (type == "Whitespace")
        return makeWhitespaceSplit();
    if (type == "WhitespaceSplit")
        return makeCharacterSplit(unicode::isWhitespace, SplitBehavior::Removed);
    if (type == "Punctuation")
        return makeCharacterSplit(unicode::isPunctuation, behaviorOf(fields, "Isolated"));
    if (type == "Digits")
        return makeDigits(fields);
    if (type == "CharDelimiterSplit")
        return makeCharDelimiter(fields);
    if (type == "Split")
        return makeSplit(fields, source);
    if (type == "Metaspace")
        return makeMetaspace(fields);
    if (type == "Sequence")
        return makeSequence(fields, source, depth);
    fields.unsupported(type,
                       "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, Punctuation, "
                       "Sequence, Split, Whitespace, WhitespaceSplit");
}

} // namespace

std::unique_ptr<PreTokenizer> makeByteLevelPreTokenizer(bool addsPrefixSpace)
{
    return makeByteLevel(addsPrefixSpace, &WordPattern::gpt2());
}

std::unique_ptr<PreTokenizer> makeQwen2PreTokenizer()
{
    return makeByteLevel(false, &WordPattern::qwen2());
}

std::unique_ptr<PreTokenizer> makePreTokenizer(const nlohmann::json& description, const std::string& source)
{
    return makeAtDepth(description, source, 0);
}

} // namespace lora
