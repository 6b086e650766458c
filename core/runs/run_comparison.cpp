#include "core/runs/run_comparison.h"

#include "core/runs/run_summary_json.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Runs = std::vector<std::shared_ptr<const RunRecord>>;

double perToken(double amount, const RunSummary& summary)
{
    return summary.tokensTrained > 0 ? amount / static_cast<double>(summary.tokensTrained) : 0;
}

std::optional<double> ratio(double part, double whole)
{
    return part > 0 && whole > 0 ? std::optional(part / whole) : std::nullopt;
}

bool isSameTask(const ExperimentConfig& a, const ExperimentConfig& b)
{
    return a.model == b.model && a.task == b.task && a.data == b.data &&
           a.training.perDeviceTrainBatchSize == b.training.perDeviceTrainBatchSize &&
           a.training.threads == b.training.threads;
}

/// The completed full fine-tuning run that `record` may be measured against.
const RunRecord* baselineOf(const RunRecord& record, const Runs& runs)
{
    const auto found = std::find_if(runs.begin(), runs.end(), [&](const auto& candidate) {
        return candidate->experiment.method.type == MethodType::Full &&
               candidate->summary.tokensTrained > 0 && isSameTask(candidate->experiment, record.experiment);
    });
    return found == runs.end() ? nullptr : found->get();
}

std::optional<double> find(const std::map<std::string, double>& metrics, const std::string& key)
{
    const auto found = metrics.find(key);
    return found == metrics.end() ? std::nullopt : std::optional(found->second);
}

void fillRatios(ComparisonRow& row, const RunSummary& summary, const RunRecord* baseline)
{
    if (baseline) {
        const RunSummary& full = baseline->summary;
        row.computeRatio = ratio(perToken(summary.flops, summary), perToken(full.flops, full));
        row.memoryRatio = ratio(row.peakMemoryBytes, static_cast<double>(full.peakMemoryBytes));
        row.timeRatio = ratio(perToken(summary.trainSeconds, summary), perToken(full.trainSeconds, full));
    }
    row.computeRatioSource = row.computeRatio ? RatioSource::Measured : RatioSource::None;
    if (!row.computeRatio) {
        row.computeRatio = ratio(summary.flops, summary.flopsFullFineTuning);
        row.computeRatioSource = row.computeRatio ? RatioSource::Ledger : RatioSource::None;
    }
}

ComparisonRow rowOf(const RunRecord& record, const Runs& runs, const std::string& metric)
{
    const RunSummary& summary = record.summary;
    const MethodConfig& method = record.experiment.method;
    ComparisonRow row;
    row.id = record.id;
    row.name = record.experiment.name.empty() ? record.id : record.experiment.name;
    row.outcome = summary.outcome;
    row.method = toString(method.type);
    if (method.type == MethodType::Lora) {
        row.rank = method.lora.r;
        row.targets = targetsText(method.lora);
    }
    row.trainableParameters = summary.trainableParameters;
    row.totalParameters = summary.totalParameters;
    row.peakMemoryBytes = static_cast<double>(summary.peakMemoryBytes);
    row.trainSeconds = summary.trainSeconds;
    row.steps = summary.steps;
    row.metric = find(finalMetrics(record), metric);
    row.untunedMetric = find(summary.untuned, metric);
    fillRatios(row, summary, baselineOf(record, runs));
    return row;
}

/// The primary metric most runs name first.
std::string commonMetric(const Runs& runs)
{
    std::map<std::string, int> votes;
    for (const auto& run : runs) {
        if (!run->summary.primaryMetric.empty())
            ++votes[run->summary.primaryMetric];
    }
    const auto most = std::max_element(votes.begin(), votes.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == votes.end() ? "loss" : most->first;
}

using Settings = std::map<std::string, std::string>;

void collectSettings(const nlohmann::ordered_json& value, const std::string& path, Settings& settings)
{
    if (!value.is_object() || value.empty()) {
        settings[path] = value.is_string()
                             ? value.get<std::string>()
                             : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        return;
    }
    for (const auto& [key, child] : value.items())
        collectSettings(child, path.empty() ? key : path + "." + key, settings);
}

/// Settings the method does not read are no difference: a full run has no rank.
void dropUnread(const MethodConfig& method, Settings& settings)
{
    if (method.type == MethodType::Lora)
        return;
    std::erase_if(settings, [](const auto& setting) {
        return setting.first.starts_with("method.") && setting.first != "method.type";
    });
}

std::vector<DifferingSetting> differingSettings(const Runs& runs)
{
    std::vector<Settings> settings(runs.size());
    std::set<std::string> keys;
    for (std::size_t index = 0; index < runs.size(); ++index) {
        collectSettings(toJson(runs[index]->experiment), "", settings[index]);
        dropUnread(runs[index]->experiment.method, settings[index]);
        for (const auto& [key, value] : settings[index])
            keys.insert(key);
    }
    keys.erase("name");
    std::vector<DifferingSetting> differing;
    for (const std::string& key : keys) {
        DifferingSetting setting{key, {}};
        for (const Settings& run : settings) {
            const auto found = run.find(key);
            setting.values.push_back(found == run.end() ? "–" : found->second);
        }
        if (std::set(setting.values.begin(), setting.values.end()).size() > 1)
            differing.push_back(std::move(setting));
    }
    return differing;
}

} // namespace

RunComparison compareRuns(const Runs& runs)
{
    RunComparison comparison;
    comparison.metric = commonMetric(runs);
    for (const auto& run : runs)
        comparison.rows.push_back(rowOf(*run, runs, comparison.metric));
    comparison.differing = differingSettings(runs);
    return comparison;
}

const std::map<std::string, double>& finalMetrics(const RunRecord& run)
{
    const bool isBest = run.experiment.training.loadBestModelAtEnd && !run.summary.best.empty();
    return isBest ? run.summary.best : run.summary.final;
}

std::string targetsText(const LoraConfig& config)
{
    std::string text;
    if (const auto* names = std::get_if<std::vector<std::string>>(&config.targetModules))
        text = fmt::format("{}", fmt::join(*names, ", "));
    else
        text = std::get<std::string>(config.targetModules);
    if (config.layersToTransform)
        text += fmt::format(" in {} {}", config.layersToTransform->size() == 1 ? "layer" : "layers",
                            fmt::join(*config.layersToTransform, ", "));
    return text;
}

nlohmann::ordered_json comparisonJson(const Runs& runs)
{
    nlohmann::ordered_json document = {{"runs", nlohmann::ordered_json::array()},
                                       {"paired", nlohmann::ordered_json::array()}};
    for (const auto& run : runs) {
        nlohmann::ordered_json row = {{"id", run->id}, {"name", run->experiment.name}};
        row.update(toJson(run->summary));
        document["runs"].push_back(std::move(row));
    }
    return document;
}

} // namespace lora
