#include "core/config/config_issue.h"

#include "core/base/error.h"

#include <algorithm>

#include <fmt/format.h>

namespace lora {

namespace {

bool isError(const ConfigIssue& issue)
{
    return issue.severity == Severity::Error;
}

} // namespace

bool hasErrors(const ConfigIssues& issues)
{
    return std::ranges::any_of(issues, isError);
}

void throwOnErrors(const ConfigIssues& issues, const std::string& source)
{
    const auto count = std::ranges::count_if(issues, isError);
    if (count == 0)
        return;
    std::string text = count == 1 ? source + ":" : fmt::format("{}: {} problems", source, count);
    for (const ConfigIssue& issue : issues) {
        if (isError(issue))
            text += fmt::format("{}{}: {}", count == 1 ? " " : "\n  ", issue.field, issue.text);
    }
    throw Error(ErrorKind::BadUsage, text,
                "Correct what is named above; every key but model and data.train may be left out.");
}

} // namespace lora
