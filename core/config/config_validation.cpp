#include "core/base/nearest_name.h"
#include "core/config/experiment_config.h"
#include "core/config/number_range.h"

#include <algorithm>
#include <memory>

#include <unicode/regex.h>

namespace lora {

namespace {

/// Collects issues of one experiment; each check below looks at one section.
class Findings
{
public:
    void error(const std::string& field, std::string text) { add(field, Severity::Error, std::move(text)); }
    void warning(const std::string& field, std::string text)
    {
        add(field, Severity::Warning, std::move(text));
    }

    void oneOf(const std::string& field, const std::string& value, const std::vector<std::string>& allowed)
    {
        if (std::ranges::find(allowed, value) == allowed.end())
            error(field, fmt::format("found \"{}\"; allowed: {}{}", value, fmt::join(allowed, ", "),
                                     didYouMean(value, allowed)));
    }

    void inRange(const std::string& field, double value, const NumberRange& range)
    {
        if (!range.contains(value))
            error(field, fmt::format("found {}; allowed: {}", value, range.text()));
    }

    ConfigIssues take() { return std::move(m_issues); }

private:
    void add(const std::string& field, Severity severity, std::string text)
    {
        m_issues.push_back({field, severity, std::move(text)});
    }

    ConfigIssues m_issues;
};

void checkRegex(const std::string& field, const std::string& pattern, Findings& findings)
{
    constexpr std::size_t longest = 2000;
    if (pattern.size() > longest)
        return findings.error(
            field, fmt::format("the pattern has {} characters; allowed: up to {}", pattern.size(), longest));
    UErrorCode status = U_ZERO_ERROR;
    UParseError place{};
    // The library that matches the modules later: what it cannot read must be known before the run starts.
    const std::unique_ptr<icu::RegexPattern> compiled(
        icu::RegexPattern::compile(icu::UnicodeString::fromUTF8(pattern), place, status));
    if (U_FAILURE(status))
        findings.error(field, fmt::format("\"{}\" is not a regular expression: {} at character {}", pattern,
                                          u_errorName(status), place.offset));
}

void checkRequired(const ExperimentConfig& experiment, Findings& findings)
{
    if (experiment.model.empty())
        findings.error("model", "missing: name a model folder, a hub id or \"builtin:encoder\"");
    if (experiment.data.train.empty())
        findings.error("data.train", "missing: name a data file or \"builtin:sentiment\"");
    if (experiment.data.eval && experiment.data.eval->empty())
        findings.error("data.eval",
                       "found an empty string; allowed: a data file, or null to hold out eval_split");
}

void checkColumns(const ColumnMapping& columns, Findings& findings)
{
    const auto same = [](const auto& a, const auto& b) { return a && b && *a == *b; };
    if (same(columns.text, columns.textPair))
        findings.error("data.columns.text_pair",
                       "is the same column as data.columns.text: \"" + *columns.text + "\"");
    if (same(columns.label, columns.text) || same(columns.label, columns.textPair))
        findings.error("data.columns.label", "is the same column as the text: \"" + *columns.label + "\"");
}

void checkData(const ExperimentConfig& experiment, Findings& findings)
{
    const DataConfig& data = experiment.data;
    checkColumns(data.columns, findings);
    const auto unused = [&](const char* key, TaskType task) {
        findings.warning(key, fmt::format("is not used by the task {}, only by {}", toString(experiment.task),
                                          toString(task)));
    };
    if (data.docStride && experiment.task != TaskType::QuestionAnswering)
        unused("data.doc_stride", TaskType::QuestionAnswering);
    else if (data.docStride && *data.docStride >= data.maxLength)
        findings.error("data.doc_stride",
                       fmt::format("found {}; allowed: fewer than data.max_length ({}) tokens, with room for "
                                   "the question",
                                   *data.docStride, data.maxLength));
    if (data.trainOnPrompt && experiment.task != TaskType::CausalLm)
        unused("data.train_on_prompt", TaskType::CausalLm);
}

void checkTargets(const LoraConfig& lora, Findings& findings)
{
    const auto* pattern = std::get_if<std::string>(&lora.targetModules);
    if (pattern) {
        if (pattern->empty())
            findings.error("method.target_modules", "found an empty string; allowed: a list of module names, "
                                                    "\"all-linear\" or a regular expression");
        else if (*pattern != "all-linear")
            checkRegex("method.target_modules", *pattern, findings);
        if (lora.layersToTransform && *pattern != "all-linear")
            findings.error(
                "method.layers_to_transform",
                "cannot be combined with a regular expression in target_modules; select the layers in the "
                "expression, or name modules in a list");
        return;
    }
    const auto& names = std::get<std::vector<std::string>>(lora.targetModules);
    if (names.empty())
        findings.error("method.target_modules", "found an empty list; allowed: at least one module name");
    if (std::ranges::find(names, std::string()) != names.end())
        findings.error("method.target_modules", "found an empty module name");
}

void checkLora(const LoraConfig& lora, Findings& findings)
{
    checkTargets(lora, findings);
    for (const int layer : lora.layersToTransform.value_or(std::vector<int>{})) {
        if (layer < 0)
            findings.error("method.layers_to_transform",
                           fmt::format("found {}; allowed: layer indices from 0", layer));
    }
    if (lora.layersToTransform && lora.layersToTransform->empty())
        findings.error("method.layers_to_transform",
                       "found an empty list; allowed: layer indices, or null for all");
    for (const auto& [pattern, rank] : lora.rankPattern) {
        checkRegex("method.rank_pattern." + pattern, pattern, findings);
        findings.inRange("method.rank_pattern." + pattern, rank, rankRange());
    }
    for (const auto& [pattern, alpha] : lora.alphaPattern) {
        checkRegex("method.alpha_pattern." + pattern, pattern, findings);
        findings.inRange("method.alpha_pattern." + pattern, alpha, alphaRange());
    }
    findings.oneOf("method.bias", lora.bias, {"none", "all", "lora_only"});
}

bool isKnownStart(const std::string& start)
{
    if (start == "true" || start == "pissa" || start == "olora")
        return true;
    constexpr std::string_view prefix = "pissa_niter_";
    const std::string_view count =
        start.starts_with(prefix) ? std::string_view(start).substr(prefix.size()) : std::string_view();
    return !count.empty() && count.size() <= 3 && count.front() != '0' &&
           std::ranges::all_of(count, [](char c) { return c >= '0' && c <= '9'; });
}

/// Variants that PEFT or their own definition keeps apart.
void checkVariants(const ExperimentConfig& experiment, Findings& findings)
{
    const LoraConfig& lora = experiment.method.lora;
    const std::string& start = lora.initLoraWeights;
    if (!isKnownStart(start))
        return findings.error(
            "method.init_lora_weights",
            fmt::format("found \"{}\"; allowed: true, \"pissa\", \"pissa_niter_<n>\" (n from 1 "
                        "to 999) or \"olora\"",
                        start));
    if (lora.loraFa && lora.loraplusLrRatio)
        findings.error("method.loraplus_lr_ratio",
                       "cannot be combined with lora_fa: A is not trained, so there is no rate to relate B's "
                       "to; set training.learning_rate");
    if (start == "true")
        return;
    const auto refuse = [&](bool isSet, const char* what) {
        if (isSet)
            findings.error("method.init_lora_weights",
                           fmt::format("\"{}\" cannot be combined with {}", start, what));
    };
    refuse(lora.useDora, "use_dora: the export as plain LoRA of doubled rank holds no magnitudes");
    refuse(lora.initAdapter.has_value(), "init_adapter, which brings the adapter's values itself");
    refuse(
        experiment.training.dtype == "bfloat16",
        "training.dtype \"bfloat16\": what is left of the weight would be rounded, and the export would not "
        "fit the base model");
    refuse(lora.useRslora && (!lora.rankPattern.empty() || !lora.alphaPattern.empty()),
           "use_rslora and patterns together: doubling the ranks for the export has no single alpha");
}

void checkMethod(const ExperimentConfig& experiment, Findings& findings)
{
    const MethodConfig& method = experiment.method;
    if (method.type == MethodType::Lora) {
        checkLora(method.lora, findings);
        checkVariants(experiment, findings);
    }
    if (method.type == MethodType::Head && method.lora.bias == "lora_only")
        findings.warning("method.bias",
                         "\"lora_only\" finds no adapted modules here; \"all\" trains every bias");
    if (method.type != MethodType::Lora && method.lora.initAdapter)
        findings.warning("method.init_adapter",
                         fmt::format("is not used by method \"{}\"", toString(method.type)));
}

void checkTraining(const ExperimentConfig& experiment, Findings& findings)
{
    const TrainingConfig& training = experiment.training;
    findings.oneOf("training.prefix_cache", training.prefixCache, {"auto", "memory", "off"});
    findings.oneOf("training.lr_scheduler_type", training.lrSchedulerType,
                   {"linear", "cosine", "constant", "constant_with_warmup"});
    findings.oneOf("training.dtype", training.dtype, {"float32", "bfloat16"});
    const auto metrics = metricNames(experiment.task);
    findings.oneOf("training.metric_for_best_model", bestMetric(experiment),
                   {metrics.begin(), metrics.end()});
}

/// Combinations that run, but not as meant.
void checkSense(const TrainingConfig& training, Findings& findings)
{
    if (training.lrSchedulerType == "constant" && training.warmupRatio > 0 && training.warmupRatio != 0.06)
        findings.warning("training.warmup_ratio",
                         "is not used by \"constant\"; \"constant_with_warmup\" warms up");
    const bool isPerEpoch = !training.evalSteps && training.maxSteps <= 0;
    if (training.earlyStoppingPatience && isPerEpoch &&
        training.numTrainEpochs <= *training.earlyStoppingPatience)
        findings.warning(
            "training.early_stopping_patience",
            fmt::format("can never stop this run: {} epochs give too few evaluations for a patience of "
                        "{}; set eval_steps",
                        training.numTrainEpochs, *training.earlyStoppingPatience));
    if (training.earlyStoppingPatience && training.evalSteps && training.maxSteps > 0 &&
        *training.evalSteps > training.maxSteps)
        findings.error(
            "training.early_stopping_patience",
            fmt::format("needs evaluations during training, but eval_steps ({}) is above max_steps ({})",
                        *training.evalSteps, training.maxSteps));
}

} // namespace

ConfigIssues validate(const ExperimentConfig& experiment)
{
    Findings findings;
    checkRequired(experiment, findings);
    checkData(experiment, findings);
    for (const NumberRange& range : numberRanges()) {
        if (const auto value = range.value(experiment))
            findings.inRange(std::string(range.field), *value, range);
    }
    checkMethod(experiment, findings);
    checkTraining(experiment, findings);
    checkSense(experiment.training, findings);
    return findings.take();
}

} // namespace lora
