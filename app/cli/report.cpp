#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "app/cli/run_report.h"

#include "core/base/quantity_text.h"
#include "core/runs/run_reader.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

struct ReportOptions
{
    std::vector<std::string> runs;
    std::string out;
    std::string title = "LoRA Workbench report";
};

int report(const ReportOptions& options, Console& console)
{
    std::vector<std::shared_ptr<const RunRecord>> runs;
    for (const std::string& argument : options.runs)
        runs.push_back(readRun(runFolderOf(argument)));
    console.status("gathering data and costs");
    writeReport(options.title, runs, options.out, console);
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(options.out));
    console.print(
        fmt::format("{} ({}, {} runs)\n", options.out, bytesText(static_cast<double>(bytes)), runs.size()));
    console.document({{"path", options.out}, {"bytes", bytes}});
    return 0;
}

} // namespace

Subcommand addReport(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "report", "A report about runs: self-contained HTML with charts, Markdown or CSV.");
    const auto options = std::make_shared<ReportOptions>();
    app->add_option("RUN", options->runs, "Run folders, or names of runs as `runs` lists them.")->required();
    app->add_option("--out", options->out, "The file to write; its ending decides: .html, .md or .csv.")
        ->type_name("FILE")
        ->required();
    app->add_option("--title", options->title, "Heading of the report.")->type_name("TEXT");
    return {app, [options](Console& console) { return report(*options, console); }};
}

} // namespace lora::app
