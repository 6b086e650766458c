#include "core/text/post_processor.h"

#include "core/text/json_fields.h"

#include <algorithm>
#include <limits>

namespace lora {

namespace {

using Kind = PostProcessor::Kind;
using Part = PostProcessor::Part;

constexpr std::size_t MaxParts = 64;

class TemplateReader
{
public:
    TemplateReader(const JsonFields& fields, const std::string& source,
                   const std::function<bool(std::int32_t)>& isKnown)
        : m_fields(fields)
        , m_source(source)
        , m_isKnown(isKnown)
    {}

    std::vector<Part> read(const char* key) const
    {
        std::vector<Part> parts;
        for (const nlohmann::json& piece : m_fields.array(key)) {
            const JsonFields fields(piece, m_source, "post_processor TemplateProcessing");
            if (fields.has("SpecialToken"))
                addSpecial(fields.object("SpecialToken"), parts);
            else if (fields.has("Sequence"))
                parts.push_back(sequence(fields.object("Sequence")));
            else
                fields.refuse("a template holds SpecialToken and Sequence parts only");
            if (parts.size() > MaxParts)
                fields.refuse(fmt::format("a template of more than {} parts", MaxParts));
        }
        return parts;
    }

    std::int32_t knownId(const nlohmann::json& value) const
    {
        const std::int64_t id = m_fields.integerOf(value, "id");
        if (id < 0 || id > std::numeric_limits<std::int32_t>::max() ||
            !m_isKnown(static_cast<std::int32_t>(id)))
            m_fields.refuse(fmt::format("special token id {} is not in the vocabulary", id));
        return static_cast<std::int32_t>(id);
    }

private:
    std::int32_t typeId(const JsonFields& fields) const
    {
        const std::int64_t type = fields.integer("type_id", 0);
        if (type < 0 || type > 255)
            fields.refuse(fmt::format("type_id {} is out of range", type));
        return static_cast<std::int32_t>(type);
    }

    Part sequence(const nlohmann::json& description) const
    {
        const JsonFields fields(description, m_source, "post_processor Sequence");
        const std::string name = fields.text("id");
        if (name != "A" && name != "B")
            fields.refuse(fmt::format("sequence \"{}\", expected A or B", name.substr(0, 40)));
        return {name == "A" ? Kind::First : Kind::Second, 0, typeId(fields)};
    }

    void addSpecial(const nlohmann::json& description, std::vector<Part>& parts) const
    {
        const JsonFields fields(description, m_source, "post_processor SpecialToken");
        const JsonFields all(m_fields.object("special_tokens"), m_source, "post_processor special_tokens");
        const JsonFields token(all.object(fields.text("id").c_str()), m_source,
                               "post_processor special token");
        for (const nlohmann::json& id : token.array("ids")) {
            parts.push_back({Kind::Special, knownId(id), typeId(fields)});
            if (parts.size() > MaxParts)
                fields.refuse(fmt::format("a template of more than {} parts", MaxParts));
        }
    }

    const JsonFields& m_fields;
    const std::string& m_source;
    const std::function<bool(std::int32_t)>& m_isKnown;
};

/// How often a sequence appears in a template.
std::ptrdiff_t occurrences(const std::vector<Part>& parts, Kind kind)
{
    return std::count_if(parts.begin(), parts.end(), [kind](const Part& part) { return part.kind == kind; });
}

PostProcessor makeTemplate(const JsonFields& fields, const TemplateReader& reader)
{
    PostProcessor made{reader.read("single"), reader.read("pair"), false};
    if (occurrences(made.single, Kind::First) != 1 || occurrences(made.single, Kind::Second) != 0)
        fields.refuse("the template of a single text must hold A once");
    if (occurrences(made.pair, Kind::First) != 1 || occurrences(made.pair, Kind::Second) != 1)
        fields.refuse("the template of a pair must hold A and B once");
    return made;
}

std::int32_t bertTokenId(const JsonFields& fields, const TemplateReader& reader, const char* key)
{
    const nlohmann::json& token = fields.array(key); // ["[SEP]", 102]
    if (token.size() != 2)
        fields.refuse(fmt::format("\"{}\" must be a token and its id", key));
    return reader.knownId(token[1]);
}

constexpr int MaxDepth = 16; // of sequences in sequences

PostProcessor makeAtDepth(const nlohmann::json& description, const std::string& source,
                          const std::function<bool(std::int32_t)>& isKnown, int depth);

/// A sequence of one template and of parts that only trim spans.
PostProcessor makeSequence(const JsonFields& fields, const std::string& source,
                           const std::function<bool(std::int32_t)>& isKnown, int depth)
{
    if (depth >= MaxDepth)
        fields.refuse(fmt::format("sequences nested more than {} deep", MaxDepth));
    PostProcessor made;
    for (const nlohmann::json& part : fields.array("processors")) {
        PostProcessor next = makeAtDepth(part, source, isKnown, depth + 1);
        const bool trimsSpans = made.trimsSpans || next.trimsSpans;
        if (next.addedTokens(true) > 0) {
            if (made.addedTokens(true) > 0)
                fields.unsupported("Sequence of several templates", "one template in a sequence");
            made = std::move(next);
        }
        made.trimsSpans = trimsSpans;
    }
    return made;
}

PostProcessor makeAtDepth(const nlohmann::json& description, const std::string& source,
                          const std::function<bool(std::int32_t)>& isKnown, int depth)
{
    const JsonFields fields(description, source, "post_processor");
    const TemplateReader reader(fields, source, isKnown);
    const std::string type = fields.text("type");
    if (type == "TemplateProcessing")
        return makeTemplate(fields, reader);
    if (type == "BertProcessing")
        return bertPostProcessor(bertTokenId(fields, reader, "cls"), bertTokenId(fields, reader, "sep"));
    if (type == "RobertaProcessing") {
        PostProcessor made =
            robertaPostProcessor(bertTokenId(fields, reader, "cls"), bertTokenId(fields, reader, "sep"));
        made.trimsSpans = fields.boolean("trim_offsets", true);
        return made;
    }
    if (type == "ByteLevel") {
        PostProcessor made;
        made.trimsSpans = fields.boolean("trim_offsets", true);
        return made;
    }
    if (type == "Sequence")
        return makeSequence(fields, source, isKnown, depth);
    fields.unsupported(type, "BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing");
}

} // namespace

int PostProcessor::addedTokens(bool isPair) const
{
    return static_cast<int>(occurrences(isPair ? pair : single, Kind::Special));
}

PostProcessor bertPostProcessor(std::int32_t clsId, std::int32_t sepId)
{
    const Part cls{Kind::Special, clsId, 0};
    const Part sep{Kind::Special, sepId, 0};
    return {{cls, {Kind::First, 0, 0}, sep},
            {cls, {Kind::First, 0, 0}, sep, {Kind::Second, 0, 1}, {Kind::Special, sepId, 1}},
            false};
}

PostProcessor robertaPostProcessor(std::int32_t clsId, std::int32_t sepId)
{
    const Part cls{Kind::Special, clsId, 0};
    const Part sep{Kind::Special, sepId, 0};
    return {{cls, {Kind::First, 0, 0}, sep},
            {cls, {Kind::First, 0, 0}, sep, sep, {Kind::Second, 0, 0}, sep},
            true};
}

PostProcessor framePostProcessor(std::optional<std::int32_t> bosId, std::optional<std::int32_t> eosId)
{
    const auto framed = [&](Kind kind, std::int32_t typeId) {
        std::vector<Part> parts;
        if (bosId)
            parts.push_back({Kind::Special, *bosId, typeId});
        parts.push_back({kind, 0, typeId});
        if (eosId)
            parts.push_back({Kind::Special, *eosId, typeId});
        return parts;
    };
    PostProcessor made{framed(Kind::First, 0), framed(Kind::First, 0), false};
    const std::vector<Part> second = framed(Kind::Second, 1);
    made.pair.insert(made.pair.end(), second.begin(), second.end());
    return made;
}

PostProcessor makePostProcessor(const nlohmann::json& description, const std::string& source,
                                const std::function<bool(std::int32_t)>& isKnown)
{
    return description.is_null() ? PostProcessor() : makeAtDepth(description, source, isKnown, 0);
}

} // namespace lora
