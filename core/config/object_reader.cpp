#include "core/config/object_reader.h"

#include "core/base/nearest_name.h"
#include "core/config/number_range.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace lora {

namespace {

using Json = nlohmann::json;

const Json emptyObject = Json::object();

std::string shortened(const Json& value)
{
    constexpr std::size_t longest = 60;
    std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
    return text.size() > longest ? text.substr(0, longest) + "…" : text;
}

/// A field whose range is known says so; otherwise what kind of number it takes.
std::string allowedText(const std::string& path, const char* otherwise)
{
    const NumberRange* range = numberRange(path);
    return range ? range->text() : otherwise;
}

std::optional<std::string> sectionOf(const std::string& key, const std::vector<std::string>& paths)
{
    for (const std::string& path : paths) {
        if (path.size() > key.size() && path.ends_with("." + key))
            return path;
    }
    return std::nullopt;
}

} // namespace

std::string foundText(const Json& value)
{
    switch (value.type()) {
    case Json::value_t::null:
        return "null";
    case Json::value_t::object:
        return "an object (" + shortened(value) + ")";
    case Json::value_t::array:
        return "a list (" + shortened(value) + ")";
    case Json::value_t::string:
        return "a string (" + shortened(value) + ")";
    default:
        return shortened(value);
    }
}

ObjectReader::ObjectReader(const Json& value, std::string path, ConfigIssues& issues)
    : m_object(value.is_object() ? value : emptyObject)
    , m_path(std::move(path))
    , m_issues(issues)
{
    if (!value.is_object())
        report(m_path.empty() ? "experiment" : m_path, "expected an object { … }, found " + foundText(value));
}

const Json* ObjectReader::take(const std::string& key)
{
    m_known.push_back(key);
    const auto found = m_object.find(key);
    return found == m_object.end() ? nullptr : &*found;
}

std::string ObjectReader::pathOf(const std::string& key) const
{
    return m_path.empty() ? key : m_path + "." + key;
}

void ObjectReader::report(const std::string& field, std::string text)
{
    m_issues.push_back({field, Severity::Error, std::move(text)});
}

void ObjectReader::finish(const std::vector<std::string>& elsewhere)
{
    for (const auto& [key, value] : m_object.items()) {
        if (std::ranges::find(m_known, key) != m_known.end())
            continue;
        std::string guess = didYouMean(key, m_known);
        if (const auto section = sectionOf(key, elsewhere))
            guess = "; did you mean \"" + *section + "\"?";
        report(pathOf(key),
               fmt::format("unknown key (value {}){}{}", shortened(value), guess,
                           guess.empty() ? fmt::format("; known here: {}", fmt::join(m_known, ", ")) : ""));
    }
}

void ObjectReader::readValue(const Json& value, const std::string& path, std::string& field)
{
    if (!value.is_string())
        return report(path, "expected a string, found " + foundText(value));
    field = value.get<std::string>();
}

void ObjectReader::readValue(const Json& value, const std::string& path, bool& field)
{
    if (!value.is_boolean())
        return report(path, "expected true or false, found " + foundText(value));
    field = value.get<bool>();
}

void ObjectReader::readValue(const Json& value, const std::string& path, double& field)
{
    if (!value.is_number())
        return report(path, "expected " + allowedText(path, "a number") + ", found " + foundText(value));
    field = value.get<double>();
}

std::optional<std::int64_t> ObjectReader::wholeNumber(const Json& value, const std::string& path)
{
    constexpr double exact = 9007199254740992.0; // whole doubles up to 2^53 stand for one integer only
    if (value.is_number_unsigned()) {
        if (value.get<std::uint64_t>() <=
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
            return value.get<std::int64_t>();
    } else if (value.is_number_integer()) {
        return value.get<std::int64_t>();
    } else if (value.is_number_float()) {
        const double number = value.get<double>();
        if (number == std::floor(number) && std::abs(number) <= exact)
            return static_cast<std::int64_t>(number);
    }
    report(path, "expected " + allowedText(path, "a whole number") + ", found " + foundText(value));
    return std::nullopt;
}

void ObjectReader::readValue(const Json& value, const std::string& path, std::int64_t& field)
{
    if (const auto number = wholeNumber(value, path))
        field = *number;
}

void ObjectReader::readValue(const Json& value, const std::string& path, int& field)
{
    const auto number = wholeNumber(value, path);
    if (!number)
        return;
    if (*number < std::numeric_limits<int>::min() || *number > std::numeric_limits<int>::max())
        return report(path, "expected " + allowedText(path, "a smaller whole number") + ", found " +
                                foundText(value));
    field = static_cast<int>(*number);
}

void ObjectReader::readValue(const Json& value, const std::string& path, std::uint64_t& field)
{
    if (value.is_number_unsigned()) {
        field = value.get<std::uint64_t>();
        return;
    }
    const auto number = value.is_number() ? wholeNumber(value, path) : std::nullopt;
    if (number && *number >= 0)
        field = static_cast<std::uint64_t>(*number);
    else if (number || !value.is_number())
        report(path, "expected a whole number of at least 0, found " + foundText(value));
}

} // namespace lora
