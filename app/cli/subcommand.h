#pragma once

#include "app/cli/console.h"

#include <functional>

#include <CLI/App.hpp>

namespace lora::app {

/// One subcommand: its options are bound to a CLI::App; `run` is called once they are parsed and returns the
/// exit code. What goes wrong is thrown as lora::Error.
struct Subcommand
{
    CLI::App* app = nullptr;
    std::function<int(Console&)> run;
};

Subcommand addDemo(CLI::App& program);
Subcommand addTrain(CLI::App& program);
Subcommand addSweep(CLI::App& program);
Subcommand addReproduce(CLI::App& program);
Subcommand addPretrain(CLI::App& program);
Subcommand addCost(CLI::App& program);
Subcommand addInspect(CLI::App& program);
Subcommand addData(CLI::App& program);
Subcommand addTokenize(CLI::App& program);
Subcommand addEval(CLI::App& program);
Subcommand addPredict(CLI::App& program);
Subcommand addGenerate(CLI::App& program);
Subcommand addExport(CLI::App& program);
Subcommand addExtract(CLI::App& program);
Subcommand addResize(CLI::App& program);
Subcommand addRankCurve(CLI::App& program);
Subcommand addOverlap(CLI::App& program);
Subcommand addCompare(CLI::App& program);
Subcommand addReport(CLI::App& program);
Subcommand addRuns(CLI::App& program);

} // namespace lora::app
