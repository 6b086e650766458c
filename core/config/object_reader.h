#pragma once

#include "core/config/config_issue.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace lora {

/// What a JSON value is, for messages: `a string ("abc")`, `null`; long values are shortened.
std::string foundText(const nlohmann::json& value);

/// Reads one JSON object strictly: every value of a wrong type and every key nobody asked for becomes a
/// ConfigIssue with its dotted path; the field then keeps its default. Destroying the reader does not report:
/// call `finish`.
class ObjectReader
{
public:
    /// `value` has to outlive the reader; what is not an object becomes an issue and reads as empty.
    ObjectReader(const nlohmann::json& value, std::string path, ConfigIssues& issues);

    /// Null when the key is absent. Marks it as known either way.
    const nlohmann::json* take(const std::string& key);
    std::string pathOf(const std::string& key) const;

    template <class T>
    void read(const std::string& key, T& field)
    {
        if (const nlohmann::json* value = take(key))
            readValue(*value, pathOf(key), field);
    }

    void report(const std::string& field, std::string text);
    /// Reports keys nobody took; `elsewhere` are all dotted paths there are, for a key in the wrong section.
    void finish(const std::vector<std::string>& elsewhere);

private:
    void readValue(const nlohmann::json& value, const std::string& path, std::string& field);
    void readValue(const nlohmann::json& value, const std::string& path, bool& field);
    void readValue(const nlohmann::json& value, const std::string& path, double& field);
    void readValue(const nlohmann::json& value, const std::string& path, int& field);
    void readValue(const nlohmann::json& value, const std::string& path, std::int64_t& field);
    void readValue(const nlohmann::json& value, const std::string& path, std::uint64_t& field);

    template <class T>
    void readValue(const nlohmann::json& value, const std::string& path, std::optional<T>& field)
    {
        if (value.is_null()) {
            field.reset();
            return;
        }
        T read{};
        const std::size_t before = m_issues.size();
        readValue(value, path, read);
        if (m_issues.size() == before)
            field = std::move(read);
    }

    template <class T>
    void readValue(const nlohmann::json& value, const std::string& path, std::vector<T>& field)
    {
        if (!value.is_array())
            return report(path, "expected a list, found " + foundText(value));
        std::vector<T> read;
        for (std::size_t i = 0; i < value.size(); ++i)
            readValue(value[i], path + "[" + std::to_string(i) + "]", read.emplace_back());
        field = std::move(read);
    }

    template <class T>
    void readValue(const nlohmann::json& value, const std::string& path, std::map<std::string, T>& field)
    {
        if (!value.is_object())
            return report(path, "expected an object, found " + foundText(value));
        field.clear();
        for (const auto& [key, entry] : value.items())
            readValue(entry, path + "." + key, field[key]);
    }

    std::optional<std::int64_t> wholeNumber(const nlohmann::json& value, const std::string& path);

    const nlohmann::json& m_object;
    std::string m_path;
    ConfigIssues& m_issues;
    std::vector<std::string> m_known;
};

} // namespace lora
