#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/runs/run_comparison.h"
#include "core/runs/run_reader.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

std::string differencesText(const RunComparison& comparison)
{
    if (comparison.differing.empty())
        return "";
    std::string text = "\nsettings that differ\n";
    for (const DifferingSetting& setting : comparison.differing) {
        std::string line = "  " + setting.key + ": ";
        for (std::size_t i = 0; i < setting.values.size(); ++i)
            line += (i > 0 ? " | " : "") + printable(setting.values[i]);
        text += "  " + wrapped(line, 78, 4) + "\n";
    }
    return text;
}

int compare(const std::vector<std::string>& arguments, Console& console)
{
    std::vector<std::shared_ptr<const RunRecord>> runs;
    for (const std::string& argument : arguments)
        runs.push_back(readRun(runFolderOf(argument)));
    const RunComparison comparison = compareRuns(runs);
    console.print(comparisonTable(comparison) + differencesText(comparison));
    console.document(comparisonJson(runs));
    return 0;
}

} // namespace

Subcommand addCompare(CLI::App& program)
{
    CLI::App* app =
        program.add_subcommand("compare", "A table of runs: parameters, compute, memory, time and metric.");
    const auto runs = std::make_shared<std::vector<std::string>>();
    app->add_option("RUN", *runs, "Run folders, or names of runs as `runs` lists them.")->required();
    return {app, [runs](Console& console) { return compare(*runs, console); }};
}

} // namespace lora::app
