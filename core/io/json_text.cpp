#include "core/io/json_text.h"

#include "core/base/error.h"
#include "core/base/json_fault.h"
#include "core/base/json_walk.h"
#include "core/io/atomic_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_set>
#include <vector>

namespace lora {

using nlohmann::json;
using Event = json::parse_event_t;

namespace {

Error malformed(const std::string& source, const std::string& fault)
{
    return Error(ErrorKind::BadInput, fmt::format("{}: {}", source, fault));
}

/// "line 3, column 14" of the byte position that nlohmann's errors carry (counted from 1).
std::string positionText(std::string_view text, std::size_t byte)
{
    const std::string_view before = text.substr(0, byte > 0 ? byte - 1 : 0);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t lastBreak = before.rfind('\n');
    const std::size_t column = lastBreak == before.npos ? before.size() + 1 : before.size() - lastBreak;
    return fmt::format("line {}, column {}", line, column);
}

json parseWith(std::string_view text, const std::string& source,
               const json::parser_callback_t& callback = nullptr)
{
    try {
        return json::parse(text.begin(), text.end(), callback);
    } catch (const json::parse_error& fault) {
        throw malformed(source, "not valid JSON at " + positionText(text, fault.byte));
    } catch (const json::exception& fault) {
        throw malformed(source, fmt::format("not valid JSON ({})", jsonFaultText(fault.what())));
    }
}

/// Keys of the objects that are open, to refuse a key that appears twice.
class OpenObjects
{
public:
    explicit OpenObjects(const std::string& source)
        : m_source(source)
    {}

    void open() { m_keys.emplace_back(); }
    void close() { m_keys.pop_back(); }
    void add(const std::string& key)
    {
        if (!m_keys.back().insert(key).second)
            throw malformed(m_source,
                            fmt::format("the key \"{}\" appears twice in one object", key.substr(0, 80)));
    }

private:
    const std::string& m_source;
    std::vector<std::unordered_set<std::string>> m_keys;
};

/// Throws where a document exceeds its limits.
class LimitCheck final : public JsonWalk
{
public:
    LimitCheck(const std::string& source, const JsonLimits& limits)
        : m_source(source)
        , m_limits(limits)
        , m_objects(source)
    {}

private:
    void opened(int depth, bool isObject) override
    {
        if (depth >= m_limits.maxDepth)
            throw malformed(m_source, fmt::format("nested deeper than {} levels", m_limits.maxDepth));
        if (isObject)
            m_objects.open();
    }
    void closed(bool isObject) override
    {
        if (isObject)
            m_objects.close();
    }
    void named(const std::string& key) override
    {
        if (m_limits.duplicateKeysAreRefused)
            m_objects.add(key);
    }

    const std::string& m_source;
    const JsonLimits& m_limits;
    OpenObjects m_objects;
};

} // namespace

json parseJson(std::string_view text, const std::string& source, const JsonLimits& limits)
{
    LimitCheck(source, limits).walk(text);
    return parseWith(text, source);
}

json readJsonFile(const std::filesystem::path& path, std::uintmax_t limit)
{
    return parseJson(readFile(path, limit), path.string());
}

void forEachJsonMember(std::string_view text, const std::string& source, std::size_t maxArrayLength,
                       const std::function<void(const std::string&, const json&)>& member)
{
    constexpr int MaxDepth = 4;
    OpenObjects objects(source);
    std::string key;
    std::size_t openArrays = 0;
    std::size_t arrayLength = 0;
    std::size_t innerObjects = 0; // of one member; the parser takes time in their number squared
    parseWith(text, source, [&](int depth, Event event, json& parsed) {
        const bool isStart = event == Event::object_start || event == Event::array_start;
        if (depth == 0 && (event == Event::array_start || event == Event::value))
            throw malformed(source, "expected a JSON object");
        if (isStart && depth >= MaxDepth)
            throw malformed(source, fmt::format("nested deeper than {} levels", MaxDepth));
        if (openArrays > 0 && (isStart || event == Event::value) && ++arrayLength > maxArrayLength)
            throw malformed(source,
                            fmt::format("\"{}\": a list of more than {} values", key, maxArrayLength));
        if (event == Event::object_start)
            innerObjects = depth <= 1 ? 0 : innerObjects + 1;
        if (innerObjects > maxArrayLength)
            throw malformed(source, fmt::format("\"{}\": more than {} objects", key, maxArrayLength));
        if (event == Event::array_start && ++openArrays == 1)
            arrayLength = 0;
        if (event == Event::array_end)
            --openArrays;
        if (event == Event::object_start)
            objects.open();
        if (event == Event::object_end)
            objects.close();
        if (event == Event::key) {
            objects.add(parsed.get_ref<const std::string&>());
            if (depth == 1)
                key = parsed.get_ref<const std::string&>();
            return true;
        }
        const bool isWholeMember = depth == 1 && !isStart;
        if (isWholeMember)
            member(key, parsed);
        return !isWholeMember; // what was handed over need not be kept
    });
}

} // namespace lora
