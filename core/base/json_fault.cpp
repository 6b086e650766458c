#include "core/base/json_fault.h"

#include <nlohmann/json.hpp>

namespace lora {

std::string jsonFaultText(std::string_view what)
{
    constexpr std::size_t longest = 120;
    if (const std::size_t end = what.find("] "); what.starts_with("[json.") && end != what.npos)
        what.remove_prefix(end + 2);
    const bool isCut = what.size() > longest;
    const auto utf8 = nlohmann::json::error_handler_t::replace;
    const std::string text =
        nlohmann::json::parse(nlohmann::json(what.substr(0, longest)).dump(-1, ' ', true, utf8));
    return isCut ? text + "…" : text;
}

} // namespace lora
