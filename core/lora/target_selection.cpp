#include "core/lora/target_selection.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"

#include <fmt/ranges.h>
#include <set>
#include <unicode/regex.h>

namespace lora {

namespace {

/// A regular expression that gives up instead of running on: patterns may come from a downloaded adapter.
class SafeRegex
{
public:
    explicit SafeRegex(const std::string& pattern)
        : m_pattern(pattern)
    {
        UErrorCode status = U_ZERO_ERROR;
        m_matcher = std::make_unique<icu::RegexMatcher>(icu::UnicodeString::fromUTF8(pattern), 0, status);
        check(status);
        m_matcher->setTimeLimit(200, status);
        m_matcher->setStackLimit(1 << 20, status);
        check(status);
    }

    bool matchesAll(const std::string& text) const
    {
        UErrorCode status = U_ZERO_ERROR;
        const icu::UnicodeString unicode = icu::UnicodeString::fromUTF8(text);
        m_matcher->reset(unicode);
        const bool isMatch = m_matcher->matches(status);
        check(status);
        return isMatch;
    }

private:
    void check(UErrorCode status) const
    {
        if (U_FAILURE(status))
            throw Error(ErrorKind::BadUsage,
                        fmt::format("the regular expression \"{}\" cannot be used: {}", m_pattern,
                                    u_errorName(status)),
                        "Correct target_modules, rank_pattern or alpha_pattern.");
    }

    std::string m_pattern;
    std::unique_ptr<icu::RegexMatcher> m_matcher;
};

bool endsWithPath(const std::string& path, const std::string& end)
{
    return path == end || path.ends_with("." + end);
}

template <class Value>
Value patternValue(const std::map<std::string, Value>& pattern, const std::string& module, Value fallback)
{
    for (const auto& [key, value] : pattern)
        if (SafeRegex("(.*\\.)?(" + key + ")").matchesAll(module))
            return value;
    return fallback;
}

bool isLayerSelected(const LoraConfig& config, const TargetCandidate& candidate)
{
    if (!config.layersToTransform)
        return true;
    const std::vector<int>& layers = *config.layersToTransform;
    return std::find(layers.begin(), layers.end(), candidate.block) != layers.end();
}

std::vector<std::string> namesOf(const std::vector<TargetCandidate>& candidates)
{
    std::set<std::string> ends;
    for (const TargetCandidate& candidate : candidates)
        if (!candidate.isHead)
            ends.insert(candidate.name.substr(candidate.name.rfind('.') + 1));
    return {ends.begin(), ends.end()};
}

[[noreturn]] void failOnTarget(const std::string& target, const std::vector<TargetCandidate>& candidates)
{
    const std::vector<std::string> names = namesOf(candidates);
    throw Error(ErrorKind::BadUsage,
                fmt::format("method.target_modules: no linear module matches \"{}\"{}", target,
                            didYouMean(target, names)),
                fmt::format("This model's linear modules end in: {}. \"all-linear\" takes all of them.",
                            fmt::join(names, ", ")));
}

/// Which candidates the targets match, without looking at layers.
std::vector<bool> matchTargets(const LoraConfig& config, const std::vector<TargetCandidate>& candidates)
{
    std::vector<bool> isMatched(candidates.size(), false);
    if (const auto* list = std::get_if<std::vector<std::string>>(&config.targetModules)) {
        for (const std::string& target : *list) {
            bool isFound = false;
            for (std::size_t i = 0; i < candidates.size(); ++i)
                if (endsWithPath(candidates[i].name, target))
                    isMatched[i] = isFound = true;
            if (!isFound)
                failOnTarget(target, candidates);
        }
        return isMatched;
    }
    const std::string& text = std::get<std::string>(config.targetModules);
    const bool isAllLinear = text == "all-linear";
    const std::unique_ptr<SafeRegex> regex = isAllLinear ? nullptr : std::make_unique<SafeRegex>(text);
    for (std::size_t i = 0; i < candidates.size(); ++i)
        isMatched[i] = isAllLinear ? !candidates[i].isHead : regex->matchesAll(candidates[i].name);
    return isMatched;
}

} // namespace

std::vector<AdapterPlan> planAdapters(const LoraConfig& config,
                                      const std::vector<TargetCandidate>& candidates,
                                      const std::vector<std::string>& modulesToSave)
{
    const std::vector<bool> isMatched = matchTargets(config, candidates);
    std::vector<AdapterPlan> plans;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const TargetCandidate& candidate = candidates[i];
        if (!isMatched[i] || !isLayerSelected(config, candidate) ||
            isInSavedModule(candidate.name + ".weight", modulesToSave))
            continue;
        AdapterPlan plan{candidate.name, patternValue(config.rankPattern, candidate.name, config.r),
                         patternValue(config.alphaPattern, candidate.name, config.loraAlpha), 0};
        plan.scaling = plan.alpha / (config.useRslora ? std::sqrt(static_cast<double>(plan.r)) : plan.r);
        plan.hasMagnitude = config.useDora;
        plan.isAFrozen = config.loraFa;
        plan.hasDropout = config.loraDropout > 0;
        plan.hasStart = config.initLoraWeights != "true";
        plans.push_back(plan);
    }
    if (plans.empty())
        throw Error(ErrorKind::BadUsage, "method: the targets and layers select no linear module",
                    fmt::format("This model's linear modules end in: {}; check layers_to_transform too.",
                                fmt::join(namesOf(candidates), ", ")));
    return plans;
}

std::vector<std::string> savedModules(const std::vector<std::string>& modulesToSave, TaskType task)
{
    std::vector<std::string> modules = modulesToSave;
    const auto add = [&](const char* head) {
        if (std::find(modules.begin(), modules.end(), head) == modules.end())
            modules.push_back(head);
    };
    // As PEFT extends modules_to_save by task type.
    if (isSequenceTask(task) || task == TaskType::TokenClassification) {
        add("classifier");
        add("score");
    }
    if (task == TaskType::QuestionAnswering)
        add("qa_outputs");
    return modules;
}

bool isInSavedModule(const std::string& parameterName, const std::vector<std::string>& modules)
{
    for (std::size_t end = parameterName.rfind('.'); end != std::string::npos && end > 0;
         end = parameterName.rfind('.', end - 1)) {
        const std::string_view module(parameterName.data(), end);
        for (const std::string& saved : modules)
            if (!saved.empty() && module.ends_with(saved))
                return true;
    }
    return false;
}

std::string savedModuleName(const std::string& path)
{
    const std::size_t dot = path.rfind('.');
    const std::size_t start =
        dot == std::string::npos || dot == 0 ? std::string::npos : path.rfind('.', dot - 1);
    return start == std::string::npos ? path : path.substr(start + 1);
}

} // namespace lora
