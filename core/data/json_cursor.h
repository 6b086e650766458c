#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace lora {

/// Walks through a JSON document from front to back without holding it as a tree: lists of any length are
/// visited entry by entry, with the line of each. Throws lora::Error (BadInput) naming source and line for
/// what is malformed or nests deeper than 64.
class JsonCursor
{
public:
    JsonCursor(std::string_view text, std::string source, std::uint32_t line = 1);

    std::uint32_t line(); ///< of the next value, from 1
    bool isAtObject();
    bool isAtList();
    bool isAtEnd();

    /// `visit` is called with each key (as spelled in the file) and has to take the value in one of the ways
    /// below. It returns false to stop.
    void forEachMember(const std::function<bool(std::string_view key)>& visit);
    void forEachElement(const std::function<bool()>& visit);
    std::string_view skip();       ///< the value's text
    nlohmann::ordered_json take(); ///< the value, at most 1,000 keys
    [[noreturn]] void fail(const std::string& what);

private:
    void skipSpace();
    char peek();
    char expect(std::string_view allowed, const char* what);
    std::string_view readKey();
    void skipString();

    std::string_view m_text;
    std::string m_source;
    std::size_t m_position = 0;
    std::uint32_t m_line;
    int m_depth = 0;
};

/// What the JSON parser says, for a message, without the place in the piece of text it was given.
std::string jsonFault(std::string_view what);

} // namespace lora
