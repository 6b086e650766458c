#pragma once

#include "core/base/error.h"
#include "core/config/model_config.h"

#include <fmt/format.h>

namespace lora {

/// Reads keys of one config.json with checks; every fault names file, key, expectation and what was found.
class ConfigReader
{
public:
    ConfigReader(const nlohmann::ordered_json& document, std::string source)
        : m_document(document)
        , m_source(std::move(source))
    {}

    bool has(const char* key) const { return m_document.contains(key) && !m_document[key].is_null(); }

    std::int64_t size(const char* key, std::int64_t largest) const
    {
        if (!has(key))
            throw Error(ErrorKind::BadInput, fmt::format("{}: the key \"{}\" is missing", m_source, key),
                        "Use the config.json that belongs to this model.");
        return sizeOr(key, 0, largest);
    }

    std::int64_t sizeOr(const char* key, std::int64_t fallback, std::int64_t largest) const
    {
        if (!has(key))
            return fallback;
        const nlohmann::ordered_json& value = m_document[key];
        if (!value.is_number_integer() ||
            (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t(largest)) ||
            value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > largest)
            fail(key, fmt::format("a whole number from 1 to {}", largest));
        return value.get<std::int64_t>();
    }

    double numberOr(const char* key, double fallback, double low, double high) const
    {
        if (!has(key))
            return fallback;
        const nlohmann::ordered_json& value = m_document[key];
        if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high))
            fail(key, fmt::format("a number from {} to {}", low, high));
        return value.get<double>();
    }

    bool flagOr(const char* key, bool fallback) const
    {
        if (!has(key))
            return fallback;
        if (!m_document[key].is_boolean())
            fail(key, "true or false");
        return m_document[key].get<bool>();
    }

    std::string textOr(const char* key, const std::string& fallback) const
    {
        if (!has(key))
            return fallback;
        if (!m_document[key].is_string())
            fail(key, "a text");
        return m_document[key].get<std::string>();
    }

    [[noreturn]] void fail(const char* key, const std::string& expected) const
    {
        std::string found =
            m_document[key].dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
        if (found.size() > 60)
            found = found.substr(0, 57) + "…";
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: \"{}\" must be {}, found {}", m_source, key, expected, found),
                    "Use the config.json that belongs to this model.");
    }

    [[noreturn]] void unsupported(const std::string& what, const std::string& hint) const
    {
        throw Error(ErrorKind::Unsupported, fmt::format("{}: {}", m_source, what), hint);
    }

    const std::string& source() const { return m_source; }
    const nlohmann::ordered_json& document() const { return m_document; }

private:
    const nlohmann::ordered_json& m_document;
    std::string m_source;
};

/// Families with bidirectional attention: "bert", "roberta", "distilbert", "albert", "electra".
ModelConfig readEncoderConfig(const std::string& family, const ConfigReader& reader);
/// Families with causal attention: "gpt2", "gpt_neo", "llama", "mistral", "qwen2".
ModelConfig readDecoderConfig(const std::string& family, const ConfigReader& reader);

/// Throws when heads do not divide the hidden size.
void checkHeads(const ModelConfig& config, const ConfigReader& reader);
/// Throws naming what is supported, unless `activation` is one of them.
void checkActivation(const std::string& activation, const char* key,
                     std::initializer_list<std::string_view> supported, const ConfigReader& reader);

} // namespace lora
