#include "core/sweep/sweep_runner.h"

#include "core/base/error.h"
#include "core/runs/run_files.h"
#include "core/runs/run_reader.h"

#include <utility>

#include <fmt/format.h>

namespace lora {

namespace {

namespace fs = std::filesystem;

/// A folder whose making was cut short: it names the experiment and has no log yet.
void clearTornFolder(const fs::path& folder)
{
    std::error_code error;
    if (!fs::exists(folder / run_files::metrics, error))
        fs::remove(folder / run_files::experiment, error);
}

void checkIsPlanned(const Sweep& sweep, std::size_t run)
{
    const fs::path folder = sweep.runFolder(run);
    if (!(readRun(folder)->experiment == sweep.plan.runs[run].experiment))
        throw Error(ErrorKind::BadInput,
                    fmt::format("{} holds another run than {} plans", folder.string(), sweepFile),
                    "Move that folder away; the run is then made anew.");
}

} // namespace

std::shared_ptr<PrefixCache> SweepCaches::of(const PlannedRun& run)
{
    // Without a file to evaluate on, another seed holds out other rows.
    const ExperimentConfig& experiment = run.experiment;
    const std::pair sharing(run.lowestLayer,
                            experiment.data.eval ? std::uint64_t{0} : experiment.training.seed);
    if (!m_cache || !m_isShared || sharing != m_sharing) {
        m_cache.reset(); // before the next one takes memory
        m_cache = std::make_shared<PrefixCache>(m_budget);
    }
    m_sharing = sharing;
    return m_cache;
}

RunRequest requestFor(const Sweep& sweep, std::size_t run, std::shared_ptr<PrefixCache> cache)
{
    RunRequest request;
    request.experiment = sweep.plan.runs.at(run).experiment;
    request.runFolder = sweep.runFolder(run);
    request.prefixCache = std::move(cache);
    request.isResumed = stateOf(sweep, run) == PlannedRunState::Begun;
    if (request.isResumed)
        checkIsPlanned(sweep, run);
    else
        clearTornFolder(request.runFolder);
    return request;
}

RunStatus runSweep(const Sweep& sweep, const PrefixBudget& budget, SweepObserver& observer,
                   TrainingControl& control, PrefixSharing sharing)
{
    RunStatus status = RunStatus::Completed;
    SweepCaches caches(budget, sharing);
    for (std::size_t run = 0; run < sweep.plan.runs.size(); ++run) {
        if (stateOf(sweep, run) == PlannedRunState::Done) {
            observer.onRunSkipped(run);
            continue;
        }
        if (control.isStopRequested())
            return RunStatus::Stopped;
        const RunRequest request = requestFor(sweep, run, caches.of(sweep.plan.runs[run]));
        TrainingObserver& listener = observer.onRunBegin(run, request);
        try {
            const RunOutcome outcome = runExperiment(request, listener, control);
            observer.onRunEnd(run, outcome);
            if (outcome.status == RunStatus::Stopped)
                return outcome.status;
            if (outcome.status != RunStatus::Completed)
                status = outcome.status;
        } catch (const Error& error) {
            throw Error(error.kind(),
                        fmt::format("run {} of {}, {}: {}", run + 1, sweep.plan.runs.size(),
                                    sweep.plan.runs[run].label, error.what()),
                        error.hint());
        }
    }
    return status;
}

} // namespace lora
