#include "core/models/checkpoint_match.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace lora {

namespace {

/// "bert.pooler.dense" of "bert.pooler.dense.weight"
std::string moduleOf(const std::string& parameterName)
{
    return parameterName.substr(0, parameterName.rfind('.'));
}

} // namespace

void failOnMissing(const std::vector<std::string>& missing, const std::string& folder)
{
    if (missing.empty())
        return;
    const std::size_t shown = std::min<std::size_t>(missing.size(), 5);
    throw Error(
        ErrorKind::BadInput,
        fmt::format("{}: {} tensor(s) of the model are not in its weights: {}{}", folder, missing.size(),
                    fmt::join(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                    missing.size() > shown ? ", …" : ""),
        "config.json and the weights do not belong together, or the download is incomplete.");
}

std::vector<std::string> missingNotices(const std::vector<std::string>& parameters)
{
    std::vector<std::string> random;
    std::vector<std::string> zero;
    for (const std::string& name : parameters) {
        const std::string module = moduleOf(name);
        const bool isRandom =
            std::find(parameters.begin(), parameters.end(), module + ".weight") != parameters.end();
        std::vector<std::string>& modules = isRandom ? random : zero;
        if (std::find(modules.begin(), modules.end(), isRandom ? module : name) == modules.end())
            modules.push_back(isRandom ? module : name);
    }
    std::vector<std::string> notices;
    if (!random.empty())
        notices.push_back(fmt::format("Not in this checkpoint, so newly initialised at random: {}.",
                                      fmt::join(random, ", ")));
    if (!zero.empty())
        notices.push_back(fmt::format("Not in this checkpoint, so set to zero: {}.", fmt::join(zero, ", ")));
    return notices;
}

} // namespace lora
