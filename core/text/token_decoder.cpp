#include "core/text/token_decoder.h"

#include "core/text/json_fields.h"

namespace lora {

namespace {

bool attachesToTheWordBefore(std::string_view token)
{
    for (const std::string_view start : {".", "?", "!", ",", "n't", "'m", "'s", "'ve", "'re"})
        if (token.starts_with(start))
            return true;
    return false;
}

} // namespace

std::string TokenDecoder::decode(const std::vector<std::string_view>& tokens) const
{
    std::string text;
    bool isFirst = true;
    for (std::string_view token : tokens) {
        if (!isFirst && !prefix.empty() && token.starts_with(prefix))
            token.remove_prefix(prefix.size());
        else if (!isFirst && !(cleanup && attachesToTheWordBefore(token)))
            text += ' ';
        text += token;
        isFirst = false;
    }
    return text;
}

TokenDecoder makeTokenDecoder(const nlohmann::json& description, const std::string& source)
{
    if (description.is_null())
        return {};
    const JsonFields fields(description, source, "decoder");
    const std::string type = fields.text("type");
    if (type != "WordPiece")
        fields.unsupported(type, "WordPiece");
    return {fields.text("prefix", "##"), fields.boolean("cleanup", true)};
}

} // namespace lora
