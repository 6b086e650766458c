#pragma once

#include <string>
#include <vector>

namespace lora {

enum class Severity { Warning, Error };

/// One problem of a configuration: shown beside its field in the window, listed by the command line.
struct ConfigIssue
{
    std::string field; ///< dotted path, for example "training.learning_rate"
    Severity severity = Severity::Error;
    std::string text; ///< what was found and what is allowed
};

using ConfigIssues = std::vector<ConfigIssue>;

bool hasErrors(const ConfigIssues& issues);
/// Throws lora::Error (BadUsage) listing all errors of `issues`; warnings do not throw.
void throwOnErrors(const ConfigIssues& issues, const std::string& source);

} // namespace lora
