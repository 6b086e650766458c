#include "core/runs/run_summary_json.h"

#include "core/base/error.h"
#include "core/config/task.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;
using Metrics = std::map<std::string, double>;

constexpr std::string_view evalPrefix = "eval_";

Json metricsJson(const Metrics& metrics, Json object = Json::object())
{
    for (const auto& [key, value] : metrics)
        object[std::string(evalPrefix) + key] = value;
    return object;
}

template <class Number>
void putMeasured(Json& object, const char* key, Number value)
{
    if (value > 0)
        object[key] = value;
}

void putText(Json& object, const char* key, const std::string& text)
{
    if (!text.empty())
        object[key] = text;
}

Json estimateJson(const RunSummary& summary)
{
    Json estimate = Json::object();
    if (summary.estimatedSeconds)
        estimate["seconds"] = *summary.estimatedSeconds;
    if (summary.estimatedMemoryBytes)
        estimate["memory_bytes"] = *summary.estimatedMemoryBytes;
    if (summary.estimatedFlops)
        estimate["flops"] = *summary.estimatedFlops;
    return estimate;
}

/// Typed look-ups in one object of a summary; a wrong type names the key.
class SummaryReader
{
public:
    SummaryReader(const nlohmann::json& object, const std::string& source)
        : m_object(object)
        , m_source(source)
    {
        if (!object.is_object())
            fail("expected a JSON object");
    }

    std::string text(const char* key) const
    {
        const auto* value = find(key);
        if (!value)
            return {};
        if (!value->is_string())
            fail(fmt::format("expected text for \"{}\", found {}", key, value->type_name()));
        return value->get<std::string>();
    }

    std::optional<double> number(const char* key) const
    {
        const auto* value = find(key);
        return value ? std::optional(number(key, *value)) : std::nullopt;
    }

    std::int64_t count(const char* key) const
    {
        const double value = number(key).value_or(0);
        // Also refuses NaN and what no 64-bit integer holds.
        if (!(value >= 0 && value < 9e18))
            fail(fmt::format("expected a count of 0 or more for \"{}\"", key));
        return static_cast<std::int64_t>(value);
    }

    std::optional<SummaryReader> object(const char* key) const
    {
        const auto* value = find(key);
        if (!value)
            return std::nullopt;
        if (!value->is_object())
            fail(fmt::format("expected an object for \"{}\", found {}", key, value->type_name()));
        return SummaryReader(*value, m_source);
    }

    Metrics metrics() const
    {
        Metrics values;
        for (const auto& [key, value] : m_object.items()) {
            if (key == "step")
                continue;
            const bool hasPrefix = key.starts_with(evalPrefix);
            values[hasPrefix ? key.substr(evalPrefix.size()) : key] = number(key, value);
        }
        return values;
    }

private:
    const nlohmann::json* find(const char* key) const
    {
        const auto found = m_object.find(key);
        return found == m_object.end() ? nullptr : &*found;
    }

    double number(const std::string& key, const nlohmann::json& value) const
    {
        if (value.is_null())
            return std::numeric_limits<double>::quiet_NaN();
        if (!value.is_number())
            fail(fmt::format("expected a number for \"{}\", found {}", key, value.type_name()));
        return value.get<double>();
    }

    [[noreturn]] void fail(const std::string& problem) const
    {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", m_source, problem),
                    "Delete the file to read the run from its metrics alone.");
    }

    const nlohmann::json& m_object;
    const std::string& m_source;
};

Metrics metricsOf(const SummaryReader& reader, const char* key)
{
    const auto object = reader.object(key);
    return object ? object->metrics() : Metrics{};
}

const EvalMetrics* bestOf(const std::vector<EvalMetrics>& evaluations, const std::string& metric)
{
    const double sign = isLowerBetter(metric) ? -1 : 1;
    const EvalMetrics* best = nullptr;
    for (const EvalMetrics& candidate : evaluations) {
        const auto value = candidate.values.find(metric);
        if (value == candidate.values.end() || !std::isfinite(value->second))
            continue;
        // The untuned model is what a run is compared with, not one of its results.
        if (!best || (best->step == 0 && candidate.step > 0) ||
            sign * value->second > sign * best->value(metric))
            best = &candidate;
    }
    return best;
}

} // namespace

nlohmann::ordered_json toJson(const RunSummary& summary)
{
    Json document;
    document["outcome"] = summary.outcome;
    putText(document, "message", summary.message);
    document["steps"] = summary.steps;
    document["epochs"] = summary.epochs;
    document["train_seconds"] = summary.trainSeconds;
    putMeasured(document, "trainable_parameters", summary.trainableParameters);
    putMeasured(document, "total_parameters", summary.totalParameters);
    putMeasured(document, "adapter_bytes", summary.adapterBytes);
    putMeasured(document, "peak_memory_bytes", summary.peakMemoryBytes);
    if (summary.energyJoules)
        document["energy_joules"] = *summary.energyJoules;
    document["tokens_trained"] = summary.tokensTrained;
    putMeasured(document, "flops", summary.flops);
    putMeasured(document, "flops_full_fine_tuning", summary.flopsFullFineTuning);
    if (!summary.untuned.empty())
        document["untuned"] = metricsJson(summary.untuned);
    if (!summary.final.empty())
        document["final"] = metricsJson(summary.final);
    if (!summary.best.empty())
        document["best"] = metricsJson(summary.best, {{"step", summary.bestStep}});
    if (Json estimate = estimateJson(summary); !estimate.empty())
        document["estimate"] = std::move(estimate);
    putText(document, "primary_metric", summary.primaryMetric);
    putText(document, "host", summary.host);
    putText(document, "version", summary.version);
    putText(document, "started_at", summary.startedAt);
    return document;
}

RunSummary runSummaryFromJson(const nlohmann::json& document, const std::string& source)
{
    const SummaryReader reader(document, source);
    RunSummary summary;
    summary.outcome = reader.text("outcome");
    summary.message = reader.text("message");
    summary.steps = reader.count("steps");
    summary.epochs = reader.number("epochs").value_or(0);
    summary.trainSeconds = reader.number("train_seconds").value_or(0);
    summary.trainableParameters = reader.count("trainable_parameters");
    summary.totalParameters = reader.count("total_parameters");
    summary.adapterBytes = reader.count("adapter_bytes");
    summary.peakMemoryBytes = reader.count("peak_memory_bytes");
    summary.energyJoules = reader.number("energy_joules");
    summary.tokensTrained = reader.count("tokens_trained");
    summary.flops = reader.number("flops").value_or(0);
    summary.flopsFullFineTuning = reader.number("flops_full_fine_tuning").value_or(0);
    summary.untuned = metricsOf(reader, "untuned");
    summary.final = metricsOf(reader, "final");
    summary.best = metricsOf(reader, "best");
    if (const auto best = reader.object("best"))
        summary.bestStep = best->count("step");
    if (const auto estimate = reader.object("estimate")) {
        summary.estimatedSeconds = estimate->number("seconds");
        summary.estimatedMemoryBytes = estimate->number("memory_bytes");
        summary.estimatedFlops = estimate->number("flops");
    }
    summary.primaryMetric = reader.text("primary_metric");
    summary.host = reader.text("host");
    summary.version = reader.text("version");
    summary.startedAt = reader.text("started_at");
    return summary;
}

void summarizeEvaluations(const std::vector<EvalMetrics>& evaluations, RunSummary& summary)
{
    if (evaluations.empty())
        return;
    if (evaluations.front().step == 0)
        summary.untuned = evaluations.front().values;
    summary.final = evaluations.back().values;
    if (summary.primaryMetric.empty())
        summary.primaryMetric = summary.final.contains("accuracy") ? "accuracy" : "loss";
    if (const EvalMetrics* best = bestOf(evaluations, summary.primaryMetric)) {
        summary.best = best->values;
        summary.bestStep = best->step;
    }
}

} // namespace lora
