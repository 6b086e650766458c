#pragma once

#include "core/config/config_issue.h"
#include "core/config/experiment_config.h"
#include "core/sweep/sweep_axes.h"
#include "core/sweep/sweep_cost.h"
#include "core/train/run_outcome.h"

#include <QString>
#include <QStringList>

#include <vector>

/// What the window asks and is told about sweeps.
namespace lora::ui {

/// "What runs would these be, and what would they cost?" Answers carry its ticket.
struct SweepQuestion
{
    quint64 ticket = 0;
    ExperimentConfig base;
    SweepAxes axes;
};

/// A run of a sweep not yet begun.
struct SweepLine
{
    QString label;
    MethodConfig method; ///< for its colour
    PlannedCost cost;
};

/// The answer: either lines, or problems beside their fields, or why there is neither yet.
struct PlannedSweep
{
    quint64 ticket = 0;
    std::vector<SweepLine> lines; ///< in the order they are run
    ConfigIssues issues; ///< of the axes ("ranks", "layers", …) or the experiment ("method.r", …)
    QString reason;      ///< "The model is being read."
};

/// Where a sweep under way is.
struct SweepPosition
{
    int run = 0; ///< counted from 1
    int count = 0;
    QString label;
    QString title{};        ///< of one sweep of several: "text classification"
    QString reproduction{}; ///< folder of the test of claims it belongs to
};

/// How a sweep, or all those of a reproduction, ended or were left.
struct SweepOutcome
{
    RunStatus status = RunStatus::Completed; ///< Completed also when some of its runs diverged
    QString name;
    QString folder;
    int done = 0;
    int count = 0;
    int diverged = 0;       ///< of this session
    QStringList runFolders; ///< of all its runs, made or not
    QString reproduction{}; ///< folder of the test of claims this was
};

/// A sweep of before that has runs left.
struct UnfinishedSweep
{
    QString name;
    QString folder;
    int done = 0;
    int count = 0;
};

} // namespace lora::ui
