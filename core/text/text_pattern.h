#pragma once

#include "core/text/json_fields.h"

#include <functional>
#include <memory>
#include <string_view>

namespace lora {

/// What a tokenizer file looks for in a text: a string, or a regular expression (ICU's syntax, which covers
/// what such files use). Patterns come from downloaded files, so matching stops with lora::Error (BadInput)
/// instead of running on.
class TextPattern
{
public:
    virtual ~TextPattern() = default;
    /// Calls `onMatch(begin, end)` for every match that is not empty, from left to right.
    virtual void forEachMatch(std::string_view text,
                              const std::function<void(std::size_t, std::size_t)>& onMatch) const = 0;
};

/// `pattern` must not be empty.
std::unique_ptr<TextPattern> makeStringPattern(const std::string& pattern);
/// Throws lora::Error (BadInput) naming `source` for an expression that cannot be used.
std::unique_ptr<TextPattern> makeRegexPattern(const std::string& expression, const std::string& source);

/// {"String": "…"} or {"Regex": "…"}. Throws lora::Error naming the file.
std::unique_ptr<TextPattern> makeTextPattern(const nlohmann::json& description, const std::string& source,
                                             const std::string& component);

} // namespace lora
