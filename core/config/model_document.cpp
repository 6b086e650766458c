#include "core/config/model_document.h"

#include "core/base/error.h"
#include "core/base/json_walk.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

constexpr int deepest = 64;
constexpr int mostKeys = 10000;

[[noreturn]] void fail(const std::string& source, const std::string& fault)
{
    throw Error(ErrorKind::BadInput, fmt::format("{}: {}", source, fault),
                "Fetch the model's config.json again.");
}

class BoundCheck final : public JsonWalk
{
public:
    explicit BoundCheck(const std::string& source)
        : m_source(source)
    {}

private:
    void opened(int depth, bool isObject) override
    {
        if (depth > deepest)
            fail(m_source, fmt::format("nested deeper than {} levels", deepest));
        if (isObject)
            m_keys.push_back(0);
    }
    void closed(bool isObject) override
    {
        if (isObject)
            m_keys.pop_back();
    }
    void named(const std::string&) override
    {
        if (++m_keys.back() > mostKeys)
            fail(m_source, fmt::format("an object of more than {} keys", mostKeys));
    }

    const std::string& m_source;
    std::vector<int> m_keys; // of the objects that are open
};

} // namespace

Json parseModelDocument(std::string_view text, const std::string& source)
{
    BoundCheck(source).walk(text);
    Json document = Json::parse(text, nullptr, false);
    if (document.is_discarded())
        fail(source, "not valid JSON");
    return document;
}

} // namespace lora
