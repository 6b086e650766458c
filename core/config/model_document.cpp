#include "core/config/model_document.h"

#include "core/base/error.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <vector>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;
using Event = Json::parse_event_t;

constexpr int deepest = 64;
constexpr int mostKeys = 10000;

[[noreturn]] void fail(const std::string& source, const std::string& fault)
{
    throw Error(ErrorKind::BadInput, fmt::format("{}: {}", source, fault),
                "Fetch the model's config.json again.");
}

} // namespace

Json parseModelDocument(std::string_view text, const std::string& source)
{
    std::vector<int> keys; // of the objects that are open
    const auto isBounded = [&](int depth, Event event, Json&) {
        if (depth > deepest)
            fail(source, fmt::format("nested deeper than {} levels", deepest));
        if (event == Event::object_start)
            keys.push_back(0);
        else if (event == Event::object_end)
            keys.pop_back();
        else if (event == Event::key && ++keys.back() > mostKeys)
            fail(source, fmt::format("an object of more than {} keys", mostKeys));
        return true;
    };
    Json document = Json::parse(text, isBounded, false);
    if (document.is_discarded())
        fail(source, "not valid JSON");
    return document;
}

} // namespace lora
