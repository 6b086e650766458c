#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/runs/run_comparison.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_statistics.h"

#include <algorithm>

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

struct CompareOptions
{
    std::vector<std::string> runs;
    std::string baseline;
};

std::string withBreak(const std::string& text)
{
    return text.empty() ? "" : "\n" + text;
}

int compare(const CompareOptions& options, Console& console)
{
    std::vector<std::shared_ptr<const RunRecord>> runs;
    for (const std::string& argument : options.runs)
        runs.push_back(readRun(runFolderOf(argument)));
    std::string baselineId;
    if (!options.baseline.empty()) {
        const auto baseline = readRun(runFolderOf(options.baseline));
        const bool isListed =
            std::ranges::any_of(runs, [&](const auto& run) { return run->folder == baseline->folder; });
        if (!isListed)
            runs.insert(runs.begin(), baseline);
        baselineId = baseline->id;
    }
    const RunComparison comparison = compareRuns(runs);
    const RunStatistics statistics = runStatistics(runs, comparison, baselineId);
    const std::string conclusion = statisticsConclusion(statistics);
    console.print(comparisonTable(comparison) + withBreak(statisticsTable(statistics)) +
                  (conclusion.empty() ? "" : "\n" + wrapped(printable(conclusion), 80) + "\n") +
                  differencesText(comparison));
    nlohmann::ordered_json document = comparisonJson(runs);
    document["paired"] = pairedJson(statistics, comparison);
    console.document(document);
    return 0;
}

constexpr const char* footer =
    "Runs that differ only in their seed are one group. Each group is compared with\n"
    "the baseline on the same evaluation examples: \"within noise\" is said where the\n"
    "95 % interval of the difference contains zero. One seed: paired bootstrap over\n"
    "the examples; several: joined with Student's interval over the seeds.\n"
    "--json: {\"runs\": [...], \"paired\": [{\"a\", \"b\": ids, \"a_name\", \"b_name\",\n"
    "\"metric\", \"verdict\", \"difference\" (a minus b), \"low\", \"high\", \"p_mcnemar\" (one\n"
    "seed, right or wrong answers; else null), \"examples\", \"seeds\", \"by_seed\"}]}, or\n"
    "\"unknown\" with the reason in place of the numbers.";

} // namespace

Subcommand addCompare(CLI::App& program)
{
    CLI::App* app =
        program.add_subcommand("compare", "A table of runs: parameters, compute, memory, time and metric.");
    const auto options = std::make_shared<CompareOptions>();
    app->add_option("RUN", options->runs, "Run folders, or names of runs as `runs` lists them.")->required();
    app->add_option("--baseline", options->baseline,
                    "Run the others are compared with; without it the full fine-tuning, else the first.")
        ->type_name("RUN");
    app->footer(footer);
    return {app, [options](Console& console) { return compare(*options, console); }};
}

} // namespace lora::app
