#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/runs/append_file.h"
#include "core/runs/run_files.h"
#include "core/runs/run_index.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_summary_json.h"

#include <iostream>

#include <nlohmann/json.hpp>
#include <unistd.h>

namespace lora::app {

namespace {

namespace fs = std::filesystem;

struct RunsOptions
{
    std::string action = "list";
    std::vector<std::string> runs;
    bool isConfirmed = false;
};

std::string listText(const std::vector<RunIndexEntry>& entries)
{
    if (entries.empty())
        return fmt::format("no runs yet; `lora-workbench-cli train` puts them into {}\n",
                           defaultRunsFolder().string());
    constexpr std::size_t nameColumns = 36;
    std::string text = padded("run", nameColumns) + padded("  method", 8) + padded("  outcome", 14) +
                       padded("steps", 8, Align::Right) + "  metric\n";
    for (const RunIndexEntry& entry : entries) {
        const std::string metric =
            entry.metric.empty() ? "–"
                                 : fmt::format("{} {}", significantText(entry.metricValue), entry.metric);
        text += padded(fitted(entry.id, nameColumns), nameColumns) + "  " +
                padded(fitted(entry.method, 6), 6) + "  " + padded(fitted(entry.outcome, 12), 12) +
                padded(std::to_string(entry.steps), 8, Align::Right) + "  " + fitted(metric, 14) + "\n";
    }
    return text;
}

nlohmann::ordered_json listJson(const std::vector<RunIndexEntry>& entries)
{
    nlohmann::ordered_json document = nlohmann::ordered_json::array();
    for (const RunIndexEntry& entry : entries) {
        nlohmann::ordered_json line = {{"id", entry.id},
                                       {"folder", entry.folder.string()},
                                       {"name", entry.name},
                                       {"model", entry.model},
                                       {"data", entry.data},
                                       {"method", entry.method},
                                       {"started_at", entry.startedAt},
                                       {"outcome", entry.outcome},
                                       {"steps", entry.steps}};
        if (!entry.metric.empty())
            line["eval_" + entry.metric] = entry.metricValue;
        document.push_back(std::move(line));
    }
    return document;
}

/// Runs outside the runs folder are known by their names too.
fs::path listedFolder(const std::string& argument)
{
    const fs::path folder = runFolderOf(argument);
    if (holdsRun(folder))
        return folder;
    for (const RunIndexEntry& entry : RunIndex().list()) {
        if (entry.id == argument)
            return entry.folder;
    }
    return folder;
}

std::string showText(const RunRecord& run)
{
    std::string text = fmt::format("{}\n", printable(run.folder.string()));
    const nlohmann::ordered_json summary = toJson(run.summary);
    for (const auto& [key, value] : summary.items()) {
        const std::string shown = value.is_string() ? printable(value.get<std::string>()) : value.dump();
        text += besideLabel("  " + key, shown, 28) + "\n";
    }
    return text;
}

int show(const RunsOptions& options, Console& console)
{
    nlohmann::ordered_json document = nlohmann::ordered_json::array();
    for (const std::string& argument : options.runs) {
        const auto run = readRun(listedFolder(argument));
        nlohmann::ordered_json line = {{"id", run->id}, {"name", run->experiment.name}};
        line.update(toJson(run->summary));
        line["experiment"] = toJson(run->experiment);
        document.push_back(std::move(line));
        console.print(showText(*run));
    }
    console.document(document);
    return 0;
}

bool belongsToRun(const std::string& name)
{
    static const std::vector<std::string> names{run_files::experiment,
                                                run_files::metrics,
                                                run_files::summary,
                                                run_files::evalExamples,
                                                run_files::exports,
                                                "adapter",
                                                "model"};
    return std::ranges::find(names, name) != names.end() || name.starts_with("checkpoint-") ||
           name.starts_with("events.out.tfevents");
}

/// Removes what this program wrote; anything else in the folder is the user's and stays.
bool removeRun(const fs::path& folder)
{
    std::error_code error;
    std::vector<fs::path> own;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
        if (belongsToRun(entry.path().filename().string()))
            own.push_back(entry.path());
    }
    for (const fs::path& path : own) {
        if (!error)
            fs::remove_all(path, error);
    }
    if (error)
        throw Error(ErrorKind::FileSystem,
                    fmt::format("cannot delete {}: {}", folder.string(), error.message()),
                    "Check the permissions of the folder.");
    return fs::remove(folder, error);
}

bool isAgreedTo(const std::vector<fs::path>& folders, bool isConfirmed)
{
    if (isConfirmed || !::isatty(STDIN_FILENO))
        return true;
    for (const fs::path& folder : folders)
        std::cerr << printable(folder.string()) << '\n';
    std::cerr << "Delete " << folders.size() << (folders.size() == 1 ? " run" : " runs")
              << " for good? [y/N] ";
    std::string answer;
    std::getline(std::cin, answer);
    return answer == "y" || answer == "Y" || answer == "yes";
}

int remove(const RunsOptions& options, Console& console)
{
    std::vector<fs::path> folders;
    for (const std::string& argument : options.runs) {
        folders.push_back(listedFolder(argument));
        if (!holdsRun(folders.back()))
            throw Error(ErrorKind::BadUsage, fmt::format("{} is not a run folder", folders.back().string()),
                        "`lora-workbench-cli runs` lists your runs.");
        if (isBeingWritten(folders.back() / run_files::metrics))
            throw Error(ErrorKind::BadUsage, fmt::format("{} is still running", folders.back().string()),
                        "Stop it first.");
    }
    nlohmann::ordered_json deleted = nlohmann::ordered_json::array();
    if (isAgreedTo(folders, options.isConfirmed)) {
        RunIndex index;
        for (const fs::path& folder : folders) {
            if (!removeRun(folder))
                console.log(fmt::format("note: {} holds other files too and stays", folder.string()));
            index.remove(folder);
            deleted.push_back(folder.string());
            console.print(fmt::format("deleted {}\n", folder.string()));
        }
    }
    console.document({{"deleted", deleted}});
    return 0;
}

int runs(const RunsOptions& options, Console& console)
{
    if (options.action == "list") {
        const std::vector<RunIndexEntry> entries = RunIndex().list();
        console.print(listText(entries));
        console.document(listJson(entries));
        return 0;
    }
    if (options.runs.empty())
        throw Error(ErrorKind::BadUsage, fmt::format("runs {}: no run given", options.action),
                    "Name a run folder, or a run as `lora-workbench-cli runs` lists it.");
    return options.action == "show" ? show(options, console) : remove(options, console);
}

} // namespace

Subcommand addRuns(CLI::App& program)
{
    CLI::App* app = program.add_subcommand("runs", "List, show or delete the runs you have made.");
    const auto options = std::make_shared<RunsOptions>();
    app->add_option("ACTION", options->action, "list (the default), show or delete.")
        ->check(CLI::IsMember({"list", "show", "delete"}));
    app->add_option("RUN", options->runs, "Names or folders of runs, for show and delete.");
    app->add_flag("--yes", options->isConfirmed, "Delete without asking.");
    return {app, [options](Console& console) { return runs(*options, console); }};
}

} // namespace lora::app
