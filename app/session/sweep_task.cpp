#include "app/session/sweep_task.h"

#include "core/base/error.h"
#include "core/experiment/experiment_preparation.h"
#include "core/models/model_loader.h"

namespace lora::app {

namespace {

SweepData dataOf(const SweepPlan& plan)
{
    const ExperimentData prepared = prepareData(plan.runs.front().experiment);
    return {prepared.data.train.hash, prepared.data.eval.hash};
}

} // namespace

SweepTask newSweepTask(const std::filesystem::path& runsFolder, const ui::SweepQuestion& question)
{
    const ExperimentConfig& base = question.base;
    const SweepPlan plan = planSweep(base, question.axes, describeModel(base.model, base.task));
    SweepTask task;
    task.sweep = std::make_shared<const Sweep>(createSweep(runsFolder, plan, dataOf(plan)));
    for (std::size_t run = 0; run < plan.runs.size(); ++run)
        task.runs.push_back(run);
    return task;
}

SweepTask continuedSweepTask(const std::filesystem::path& sweepFolder)
{
    SweepTask task;
    task.sweep = std::make_shared<const Sweep>(openSweep(sweepFolder));
    task.runs = runsLeft(*task.sweep);
    if (task.sweep->data != dataOf(task.sweep->plan))
        throw Error(ErrorKind::BadInput, "the data has changed since this sweep began",
                    "Restore the data files, or begin a new sweep: its runs would not be pairs.");
    return task;
}

std::vector<ui::UnfinishedSweep> unfinishedSweeps(const std::filesystem::path& runsFolder)
{
    std::vector<ui::UnfinishedSweep> unfinished;
    for (const Sweep& sweep : sweepsIn(runsFolder)) {
        try {
            const std::size_t count = sweep.plan.runs.size();
            const std::size_t left = runsLeft(sweep).size();
            if (left > 0)
                unfinished.push_back({QString::fromStdString(sweep.plan.name),
                                      QString::fromStdString(sweep.folder.string()),
                                      static_cast<int>(count - left), static_cast<int>(count)});
        } catch (const Error&) { // one of its run folders is damaged: going on would say so
        }
    }
    return unfinished;
}

} // namespace lora::app
