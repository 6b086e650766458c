#include "core/runs/run_recorder.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/metrics_json.h"
#include "core/runs/run_files.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_summary_json.h"

#include <chrono>
#include <cmath>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

std::string documentText(const nlohmann::ordered_json& document)
{
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

void writeExperiment(const std::filesystem::path& folder, const RunOrigin& origin)
{
    nlohmann::ordered_json document = toJson(origin.experiment);
    auto& hashes = document[run_files::hashesKey] = nlohmann::ordered_json::object();
    if (!origin.modelHash.empty())
        hashes["model"] = origin.modelHash;
    if (!origin.trainHash.empty())
        hashes["train"] = origin.trainHash;
    if (!origin.evalHash.empty())
        hashes["eval"] = origin.evalHash;
    if (!origin.labelNames.empty())
        document[run_files::labelsKey] = origin.labelNames;
    writeFileAtomically(folder / run_files::experiment, documentText(document));
}

std::string utcNow()
{
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

/// Later evaluations are done again. A damaged file is as good as none: the next evaluation writes it anew.
OutcomesByStep outcomesUpTo(const std::filesystem::path& folder, std::int64_t lastStep)
{
    OutcomesByStep outcomes;
    try {
        outcomes = readOutcomes(folder);
    } catch (const Error&) {
        return {};
    }
    if (std::erase_if(outcomes, [&](const auto& entry) { return entry.first > lastStep; }) > 0)
        writeOutcomes(folder, outcomes);
    return outcomes;
}

std::filesystem::path newFolder(const std::filesystem::path& folder)
{
    std::error_code ignored;
    for (const char* name : {run_files::experiment, run_files::metrics}) {
        if (std::filesystem::exists(folder / name, ignored))
            throw Error(ErrorKind::BadUsage, fmt::format("{} holds a run already", folder.string()),
                        "Choose another folder, or resume that run.");
    }
    makeFolder(folder);
    return folder;
}

} // namespace

RunRecorder::RunRecorder(const std::filesystem::path& folder, const RunOrigin& origin)
    : m_folder(newFolder(folder))
{
    writeExperiment(m_folder, origin);
    m_metrics = std::make_unique<AppendFile>(m_folder / run_files::metrics);
    m_events = std::make_unique<TensorboardWriter>(m_folder);
    m_summary.startedAt = utcNow();
    m_summary.host = hostDescription();
    m_summary.version = programVersion();
}

RunRecorder::RunRecorder(const std::filesystem::path& folder, Resumption resumption)
    : m_folder(folder)
    , m_metrics(std::make_unique<AppendFile>(folder / run_files::metrics))
{
    // The lock is held from here on: nobody else resumes the same run.
    MetricsLog log = readMetrics(m_folder / run_files::metrics, resumption.checkpointStep);
    m_metrics->truncate(log.wholeBytes);
    const RunSummary before = readSummary(m_folder);
    m_summary.startedAt = before.startedAt.empty() ? utcNow() : before.startedAt;
    m_summary.host = hostDescription();
    m_summary.version = programVersion();
    m_evaluations = std::move(log.evaluations);
    m_outcomes = outcomesUpTo(m_folder, resumption.checkpointStep);
    if (!m_evaluations.empty())
        m_evaluatedBeforeResume = m_evaluations.back().step;
    // Without it the folder says what is true from now on: the run has not ended.
    std::error_code ignored;
    std::filesystem::remove(m_folder / run_files::summary, ignored);
    m_events = std::make_unique<TensorboardWriter>(m_folder, resumption.checkpointStep);
}

std::unique_ptr<RunRecorder> RunRecorder::resume(const std::filesystem::path& folder,
                                                 std::int64_t checkpointStep)
{
    if (!holdsRun(folder))
        throw Error(ErrorKind::BadUsage, fmt::format("{} is not a run folder", folder.string()),
                    "A run folder holds experiment.json and metrics.jsonl.");
    return std::unique_ptr<RunRecorder>(new RunRecorder(folder, Resumption{checkpointStep}));
}

template <class Write>
void RunRecorder::guarded(Write write)
{
    if (m_hasFailed)
        return;
    try {
        write();
    } catch (const Error&) {
        m_hasFailed = true;
        throw;
    }
}

void RunRecorder::onStart(const RunStart& start)
{
    m_summary.primaryMetric = start.primaryMetric;
    m_summary.steps = start.firstStep;
}

void RunRecorder::onStep(const StepMetrics& metrics)
{
    guarded([&] {
        m_metrics->append(toLine(metrics));
        m_events->addScalar("loss/train", metrics.step, metrics.loss);
        m_events->addScalar("train/learning_rate", metrics.step, metrics.learningRate);
        m_events->addScalar("train/grad_norm", metrics.step, metrics.gradNorm);
        m_events->addScalar("train/tokens_per_second", metrics.step, metrics.tokensPerSecond);
        m_summary.steps = metrics.step;
        m_summary.epochs = metrics.epoch;
    });
}

void RunRecorder::onEvaluation(const EvalMetrics& metrics)
{
    if (metrics.step <= m_evaluatedBeforeResume)
        return;
    m_evaluations.push_back(metrics);
    guarded([&] {
        m_metrics->append(toLine(metrics));
        for (const auto& [key, value] : metrics.values)
            m_events->addScalar(key == "loss" ? "loss/eval" : "eval/" + key, metrics.step, value);
    });
}

void RunRecorder::onExampleOutcomes(std::int64_t step, const ExampleOutcomes& outcomes)
{
    std::erase_if(m_outcomes, [](const auto& entry) { return entry.first > 0; });
    m_outcomes[step] = outcomes;
    guarded([&] { writeOutcomes(m_folder, m_outcomes); });
}

void RunRecorder::onEnd(const RunOutcome& outcome)
{
    m_summary.outcome = toString(outcome.status);
    m_summary.message = outcome.message;
    m_summary.steps = outcome.steps;
    m_summary.epochs = outcome.epochs;
    m_summary.trainSeconds = outcome.trainSeconds;
    m_summary.tokensTrained = outcome.tokensTrained;
    summarizeEvaluations(m_evaluations, m_summary);
}

void RunRecorder::finish()
{
    guarded([&] {
        m_metrics->sync();
        writeFileAtomically(m_folder / run_files::summary, documentText(toJson(m_summary)));
    });
}

void RunRecorder::finish(const RunOutcome& outcome)
{
    onEnd(outcome);
    finish();
}

} // namespace lora
