#include "core/config/experiment_config.h"

#include "core/base/error.h"
#include "core/base/json_fault.h"
#include "core/base/json_walk.h"
#include "core/base/nearest_name.h"
#include "core/config/config_document.h"
#include "core/config/experiment_paths.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>

namespace lora {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr std::uintmax_t largestFile = 16u << 20;

/// Rank and alpha patterns have keys of the user's own, dots included.
const std::vector<std::string> freeSections{"method.rank_pattern.", "method.alpha_pattern."};

/// Keys whose value is text even when it looks like a number: column "0" of a file without a header.
const std::vector<std::string> textPaths{"name",
                                         "model",
                                         "data.train",
                                         "data.eval",
                                         "data.columns.text",
                                         "data.columns.text_pair",
                                         "data.columns.label",
                                         "data.columns.labels",
                                         "data.columns.score",
                                         "data.columns.tokens",
                                         "data.columns.tags",
                                         "data.columns.question",
                                         "data.columns.context",
                                         "data.columns.answers",
                                         "data.columns.prompt",
                                         "data.columns.completion",
                                         "data.columns.messages",
                                         "method.init_adapter"};

void collectPaths(const nlohmann::ordered_json& node, const std::string& prefix,
                  std::vector<std::string>& paths)
{
    for (const auto& [key, value] : node.items()) {
        paths.push_back(prefix + key);
        if (value.is_object())
            collectPaths(value, prefix + key + ".", paths);
    }
}

std::string readText(const fs::path& file)
{
    std::error_code error;
    if (!fs::is_regular_file(file, error))
        throw Error(ErrorKind::FileSystem,
                    fmt::format("{}: {}", file.string(),
                                fs::is_directory(file, error) ? "is a folder, expected an experiment file"
                                                              : "no such experiment file"),
                    "Give the path of an experiment file (JSON).");
    const auto size = fs::file_size(file, error);
    if (error || size > largestFile)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: {} bytes is too large for an experiment file (at most {})",
                                file.string(), size, largestFile),
                    "Give the path of an experiment file (JSON), not of data or a model.");
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    if (!stream.eof() && !stream.good())
        throw Error(ErrorKind::FileSystem, file.string() + ": cannot be read",
                    "Check the file's permissions.");
    return text;
}

/// Values are written out recursively for messages: nesting without a bound could exhaust the stack.
void refuseDeepNesting(int depth, const std::string& source)
{
    constexpr int deepest = 32;
    if (depth > deepest)
        throw Error(ErrorKind::BadUsage, fmt::format("{}: nests deeper than {} levels", source, deepest),
                    "Close the brackets that stand too much.");
}

/// nlohmann keeps the last of two equal keys; in a file written by hand the first one would be lost
/// unnoticed.
class DuplicateKeys final : public JsonWalk
{
public:
    DuplicateKeys(ConfigIssues& issues, const std::string& source)
        : m_issues(issues)
        , m_source(source)
    {}

private:
    void opened(int depth, bool isObject) override
    {
        refuseDeepNesting(depth, m_source);
        if (isObject)
            m_keys.emplace_back();
    }
    void closed(bool isObject) override
    {
        if (isObject)
            m_keys.pop_back();
    }
    void named(const std::string& key) override
    {
        if (!m_keys.back().insert(key).second)
            m_issues.push_back({key, Severity::Error, "the key stands twice in one object"});
    }

    ConfigIssues& m_issues;
    const std::string& m_source;
    std::vector<std::set<std::string>> m_keys;
};

Json parseFile(const fs::path& file, ConfigIssues& issues)
{
    const std::string text = readText(file);
    try {
        const std::string source = file.string();
        DuplicateKeys(issues, source).walk(text, true);
        return Json::parse(text, nullptr, true, true);
    } catch (const Json::exception& exception) {
        throw Error(
            ErrorKind::BadUsage,
            fmt::format("{}: not valid JSON: {}", file.string(), jsonFaultText(exception.what())),
            "Correct the JSON at that place; // comments are allowed, a comma after the last entry is not.");
    }
}

std::vector<std::string> splitPath(const std::string& path)
{
    for (const std::string& section : freeSections) {
        if (path.starts_with(section)) {
            std::vector<std::string> parts = splitPath(section.substr(0, section.size() - 1));
            parts.push_back(path.substr(section.size()));
            return parts;
        }
    }
    std::vector<std::string> parts;
    std::size_t start = 0;
    for (std::size_t dot = path.find('.'); dot != std::string::npos; dot = path.find('.', start)) {
        parts.push_back(path.substr(start, dot - start));
        start = dot + 1;
    }
    parts.push_back(path.substr(start));
    return parts;
}

Json overrideValue(const std::string& path, const std::string& text)
{
    const auto bounded = [&](int depth, Json::parse_event_t, Json&) {
        refuseDeepNesting(depth, "--set " + path);
        return true;
    };
    Json value = Json::parse(text, bounded, false);
    const bool isText = std::ranges::find(textPaths, path) != textPaths.end();
    if (value.is_discarded() || (isText && !value.is_string() && !value.is_null()))
        return Json(text);
    return value;
}

/// The object that holds the last part of `parts`, made on the way; null when something else stands there.
Json* parentOf(Json& document, const std::vector<std::string>& parts)
{
    Json* node = &document;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        if (!node->is_object())
            return nullptr;
        Json& child = (*node)[parts[i]];
        if (child.is_null())
            child = Json::object();
        node = &child;
    }
    return node->is_object() ? node : nullptr;
}

/// null resets a key to its default.
Json defaultOf(const std::vector<std::string>& parts)
{
    static const Json defaults = toJson(ExperimentConfig{});
    const Json* node = &defaults;
    for (const std::string& part : parts) {
        if (!node->is_object() || !node->contains(part))
            return nullptr;
        node = &(*node)[part];
    }
    return *node;
}

bool isUtf8(const std::string& text)
{
    try {
        return !Json(text).dump().empty();
    } catch (const Json::exception&) {
        return false;
    }
}

void applyOverride(Json& document, const std::string& text, ConfigIssues& issues)
{
    const std::size_t equals = text.find('=');
    const bool isText = isUtf8(text);
    if (!isText || equals == std::string::npos || equals == 0) {
        issues.push_back({isText ? "--set " + text : "--set", Severity::Error,
                          isText ? "expected key.path=value" : "found bytes that are not valid UTF-8"});
        return;
    }
    const std::string path = text.substr(0, equals);
    const std::vector<std::string> parts = splitPath(path);
    Json* const parent = parentOf(document, parts);
    if (!parent) {
        issues.push_back({"--set " + text, Severity::Error,
                          "\"" + path + "\" does not lead through objects in the experiment"});
        return;
    }
    Json value = overrideValue(path, text.substr(equals + 1));
    const bool isFree =
        std::ranges::any_of(freeSections, [&](const auto& each) { return path.starts_with(each); });
    if (value.is_null() && isFree)
        parent->erase(parts.back());
    else
        (*parent)[parts.back()] = value.is_null() ? defaultOf(parts) : std::move(value);
}

} // namespace

const std::vector<std::string>& experimentPaths()
{
    static const std::vector<std::string> paths = [] {
        std::vector<std::string> result;
        collectPaths(toJson(ExperimentConfig{}), "", result);
        return result;
    }();
    return paths;
}

Json loadConfigDocument(const fs::path& file, const std::vector<std::string>& overrides, ConfigIssues& issues)
{
    Json document = parseFile(file, issues);
    for (const std::string& text : overrides)
        applyOverride(document, text, issues);
    return document;
}

ExperimentConfig loadExperiment(const fs::path& file, const std::vector<std::string>& overrides)
{
    ConfigIssues issues;
    const Json document = loadConfigDocument(file, overrides, issues);
    ExperimentConfig experiment = experimentFromJson(document, fs::absolute(file).parent_path(), issues);
    throwOnErrors(issues, file.string());
    return experiment;
}

ExperimentConfig withOverrides(const ExperimentConfig& experiment, const std::vector<std::string>& overrides)
{
    ConfigIssues issues;
    Json document = toJson(experiment);
    for (const std::string& text : overrides)
        applyOverride(document, text, issues);
    ExperimentConfig changed = experimentFromJson(document, fs::current_path(), issues);
    throwOnErrors(issues, "experiment");
    return changed;
}

std::string bestMetric(const ExperimentConfig& experiment)
{
    std::string name =
        experiment.training.metricForBestModel.value_or(std::string(metricNames(experiment.task).front()));
    return name.starts_with("eval_") ? name.substr(5) : name;
}

} // namespace lora
