#include "core/runs/run_reader.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/json_text.h"
#include "core/runs/append_file.h"
#include "core/runs/metrics_json.h"
#include "core/runs/run_files.h"
#include "core/runs/run_summary_json.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

constexpr std::uintmax_t maxDocumentBytes = 16u << 20;
constexpr std::uintmax_t maxMetricsBytes = std::uintmax_t{1} << 31;
constexpr std::size_t maxLineBytes = 1u << 20;

std::int64_t stepOf(const std::variant<StepMetrics, EvalMetrics>& metrics)
{
    return std::visit([](const auto& value) { return value.step; }, metrics);
}

nlohmann::json readExperimentDocument(const std::filesystem::path& folder)
{
    nlohmann::json document = readJsonFile(folder / run_files::experiment, maxDocumentBytes);
    if (!document.is_object())
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: expected a JSON object", (folder / run_files::experiment).string()));
    return document;
}

ExperimentConfig readExperiment(const std::filesystem::path& folder)
{
    nlohmann::json document = readExperimentDocument(folder);
    document.erase(run_files::hashesKey);
    document.erase(run_files::labelsKey);
    ConfigIssues issues;
    ExperimentConfig experiment = experimentFromJson(document, folder, issues);
    try {
        throwOnErrors(issues, (folder / run_files::experiment).string());
    } catch (const Error& error) {
        throw Error(ErrorKind::BadInput, error.what(), error.hint());
    }
    return experiment;
}

/// What metrics.jsonl alone tells about a run that has not written its summary.
void summarizeMetrics(RunRecord& record)
{
    RunSummary& summary = record.summary;
    summary.outcome = isBeingWritten(record.folder / run_files::metrics) ? "running" : "interrupted";
    if (!record.steps.empty()) {
        summary.steps = record.steps.back().step;
        summary.epochs = record.steps.back().epoch;
        summary.trainSeconds = record.steps.back().seconds;
    }
    summary.primaryMetric = bestMetric(record.experiment);
    summarizeEvaluations(record.evaluations, summary);
}

} // namespace

MetricsLog readMetrics(const std::filesystem::path& file, std::int64_t lastStep)
{
    const std::string text = readFile(file, maxMetricsBytes);
    MetricsLog log;
    std::size_t lineNumber = 0;
    for (std::size_t begin = 0;;) {
        const std::size_t end = text.find('\n', begin);
        if (end == std::string::npos)
            break;
        const std::string place = fmt::format("{}, line {}", file.string(), ++lineNumber);
        if (end - begin > maxLineBytes)
            throw Error(ErrorKind::BadInput, fmt::format("{}: longer than {} bytes", place, maxLineBytes));
        auto metrics = metricsFromLine(std::string_view(text).substr(begin, end - begin), place);
        if (stepOf(metrics) > lastStep)
            break;
        if (auto* step = std::get_if<StepMetrics>(&metrics))
            log.steps.push_back(*step);
        else
            log.evaluations.push_back(std::move(std::get<EvalMetrics>(metrics)));
        begin = end + 1;
        log.wholeBytes = begin;
    }
    return log;
}

RunSummary readSummary(const std::filesystem::path& folder)
{
    const std::filesystem::path file = folder / run_files::summary;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        return {};
    return runSummaryFromJson(readJsonFile(file, maxDocumentBytes), file.string());
}

std::shared_ptr<const RunRecord> readRun(const std::filesystem::path& folder)
{
    if (!holdsRun(folder))
        throw Error(ErrorKind::BadUsage, fmt::format("{} is not a run folder", folder.string()),
                    "A run folder holds experiment.json and metrics.jsonl.");
    auto record = std::make_shared<RunRecord>();
    record->folder = folder;
    // "runs/a/" has an empty file name.
    record->id = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
    record->experiment = readExperiment(folder);
    MetricsLog log = readMetrics(folder / run_files::metrics);
    record->steps = std::move(log.steps);
    record->evaluations = std::move(log.evaluations);
    record->summary = readSummary(folder);
    if (record->summary.outcome.empty())
        summarizeMetrics(*record);
    return record;
}

RunHashes readRunHashes(const std::filesystem::path& folder)
{
    const nlohmann::json document = readExperimentDocument(folder);
    const auto found = document.find(run_files::hashesKey);
    RunHashes hashes;
    if (found == document.end() || !found->is_object())
        return hashes;
    const auto text = [&](const char* key) {
        const auto value = found->find(key);
        return value != found->end() && value->is_string() ? value->get<std::string>() : std::string();
    };
    return {text("model"), text("train"), text("eval")};
}

std::vector<std::string> readRunLabels(const std::filesystem::path& folder)
{
    const nlohmann::json document = readExperimentDocument(folder);
    const auto found = document.find(run_files::labelsKey);
    std::vector<std::string> labels;
    if (found != document.end() && found->is_array())
        for (const nlohmann::json& label : *found)
            labels.push_back(label.is_string() ? label.get<std::string>() : std::string());
    return labels;
}

} // namespace lora
