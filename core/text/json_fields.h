#pragma once

#include "core/base/error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace lora {

/// Typed access to one object of a tokenizer file; every fault names file, component and field.
class JsonFields
{
public:
    /// `component` is the place in the file, such as "normalizer BertNormalizer".
    JsonFields(const nlohmann::json& object, std::string source, std::string component)
        : m_object(object)
        , m_source(std::move(source))
        , m_component(std::move(component))
    {
        if (!object.is_object())
            refuse("expected an object");
    }

    bool has(const char* key) const
    {
        const auto found = m_object.find(key);
        return found != m_object.end() && !found->is_null();
    }
    const nlohmann::json& at(const char* key) const
    {
        const auto found = m_object.find(key);
        if (found == m_object.end())
            refuse(fmt::format("\"{}\" is missing", key));
        return *found;
    }
    bool boolean(const char* key, bool otherwise) const
    {
        if (!has(key))
            return otherwise;
        if (!at(key).is_boolean())
            refuse(fmt::format("\"{}\" must be true or false", key));
        return at(key).get<bool>();
    }
    std::string text(const char* key) const
    {
        if (!at(key).is_string())
            refuse(fmt::format("\"{}\" must be a string", key));
        return at(key).get<std::string>();
    }
    std::string text(const char* key, const std::string& otherwise) const
    {
        return has(key) ? text(key) : otherwise;
    }
    std::int64_t integer(const char* key) const { return integerOf(at(key), key); }
    std::int64_t integer(const char* key, std::int64_t otherwise) const
    {
        return has(key) ? integer(key) : otherwise;
    }
    std::int64_t integerOf(const nlohmann::json& value, std::string_view key) const
    {
        // An unsigned number above the signed range would turn negative; refuse it here instead.
        if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() >> 63))
            refuse(fmt::format("\"{}\" must be a whole number", key.substr(0, 80)));
        return value.get<std::int64_t>();
    }
    const nlohmann::json& array(const char* key) const
    {
        if (!at(key).is_array())
            refuse(fmt::format("\"{}\" must be a list", key));
        return at(key);
    }
    const nlohmann::json& object(const char* key) const
    {
        if (!at(key).is_object())
            refuse(fmt::format("\"{}\" must be an object", key));
        return at(key);
    }

    [[noreturn]] void refuse(const std::string& fault) const
    {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}: {}", m_source, m_component, fault),
                    "The tokenizer file is damaged or of an unknown version; fetch it again.");
    }
    /// Refuses the type of a component, naming those that work.
    [[noreturn]] void unsupported(const std::string& type, const std::string& supported) const
    {
        throw Error(ErrorKind::Unsupported,
                    fmt::format("{}: {} of type \"{}\" is not supported; supported are {}", m_source,
                                m_component, type.substr(0, 80), supported));
    }

private:
    const nlohmann::json& m_object;
    std::string m_source;
    std::string m_component;
};

} // namespace lora
