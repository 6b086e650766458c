#include "core/evidence/reproduction.h"

#include "core/base/error.h"
#include "core/base/json_fault.h"
#include "core/evidence/evidence_words.h"
#include "core/experiment/cost_estimation.h"
#include "core/experiment/experiment_preparation.h"
#include "core/io/atomic_file.h"
#include "core/io/json_text.h"
#include "core/models/model_loader.h"
#include "core/runs/run_files.h"
#include "core/runs/run_reader.h"

#include <algorithm>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uintmax_t mostReproductionBytes = 1 << 20;

/// Makes it, unless it is there and empty.
void makeNewFolder(const fs::path& folder)
{
    std::error_code error;
    if (fs::exists(folder, error) && !(fs::is_directory(folder, error) && fs::is_empty(folder, error)))
        throw Error(ErrorKind::FileSystem, fmt::format("{} is there already", folder.string()),
                    "Name a new folder, or go on with what is in it.");
    fs::create_directories(folder, error);
    if (error)
        throw Error(ErrorKind::FileSystem,
                    fmt::format("cannot make the folder {}: {}", folder.string(), error.message()),
                    "Choose another one.");
}

} // namespace

fs::path defaultReproductionsFolder()
{
    return dataHome() / "reproductions";
}

fs::path newReproductionFolder(const fs::path& parent)
{
    const std::string name = fmt::format("{:%Y-%m-%d-%H%M%S}", fmt::localtime(std::time(nullptr)));
    fs::path folder = parent / name;
    std::error_code error;
    for (int count = 2; fs::exists(folder, error); ++count)
        folder = parent / fmt::format("{}-{}", name, count);
    return folder;
}

Reproduction beginReproduction(const ReproductionRequest& request, const fs::path& folder,
                               const std::function<void(const ArticleClaim&)>& onClaim)
{
    std::vector<std::pair<ArticleClaim, ExperimentConfig>> wanted;
    for (const ArticleClaim& claim : claimsOf(request))
        wanted.emplace_back(claim, experimentOf(claim, request));
    makeNewFolder(folder);
    Reproduction reproduction{fs::absolute(folder), commandText(request), {}};
    try {
        for (const auto& [claim, experiment] : wanted) {
            if (onClaim)
                onClaim(claim);
            reproduction.tasks.push_back(
                createTask(reproduction.folder, claim, experiment, settingsOf(request)));
        }
        writeReproduction(reproduction);
    } catch (const Error&) {
        std::error_code ignored;
        for (const ReproducedTask& task : reproduction.tasks)
            fs::remove_all(task.sweep.folder, ignored); // plans alone: nothing has been run
        fs::remove(reproduction.folder, ignored);
        throw;
    }
    return reproduction;
}

ReproducedTask createTask(const fs::path& folder, const ArticleClaim& claim,
                          const ExperimentConfig& experiment, const ReproductionSettings& settings)
{
    const SweepPlan plan =
        planReproduction(claim, experiment, settings, describeModel(experiment.model, experiment.task));
    const CostInputs inputs = gatherCostInputs(plan.runs.front().experiment);
    return {claim, createSweep(folder, plan, {inputs.trainHash, inputs.evalHash})};
}

void writeReproduction(const Reproduction& reproduction)
{
    Json tasks = Json::array();
    for (const ReproducedTask& task : reproduction.tasks)
        tasks.push_back({{"task", task.claim.key}, {"sweep", task.sweep.folder.filename().string()}});
    writeFileAtomically(reproduction.folder / reproductionFile,
                        Json{{"command", reproduction.command}, {"tasks", tasks}}.dump(2) + "\n");
}

Reproduction openReproduction(const fs::path& folder)
{
    const fs::path path = folder / reproductionFile;
    std::error_code missing;
    if (!fs::is_regular_file(path, missing))
        throw Error(ErrorKind::BadUsage, fmt::format("{} has no {}", folder.string(), reproductionFile),
                    "Name a folder that `reproduce --out` made.");
    Reproduction reproduction{folder, {}, {}};
    try {
        const nlohmann::json document = readJsonFile(path, mostReproductionBytes);
        reproduction.command = document.at("command").get<std::string>();
        for (const nlohmann::json& task : document.at("tasks")) {
            const fs::path name = task.at("sweep").get<std::string>();
            if (name.has_parent_path() || name == ".." || name.empty())
                throw Error(ErrorKind::BadInput,
                            fmt::format("sweep: found \"{}\", expected a folder's name", name.string()), "");
            reproduction.tasks.push_back(
                {articleClaim(task.at("task").get<std::string>()), openSweep(folder / name)});
        }
    } catch (const Json::exception& error) {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", path.string(), jsonFaultText(error.what())),
                    "The file is damaged; begin a new reproduction in another folder.");
    } catch (const Error& error) {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", path.string(), error.what()), error.hint());
    }
    return reproduction;
}

std::vector<Reproduction> reproductionsIn(const fs::path& parent)
{
    std::vector<std::pair<fs::file_time_type, Reproduction>> found;
    std::error_code error;
    for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error)) {
        std::error_code ignored;
        const fs::path file = entry->path() / reproductionFile;
        if (!fs::is_regular_file(file, ignored))
            continue;
        try {
            found.emplace_back(fs::last_write_time(file, ignored), openReproduction(entry->path()));
        } catch (const Error&) { // opening it would say so
        }
    }
    std::ranges::stable_sort(found, std::greater(), [](const auto& dated) { return dated.first; });
    std::vector<Reproduction> reproductions;
    for (auto& dated : found)
        reproductions.push_back(std::move(dated.second));
    return reproductions;
}

void checkDataIsTheSame(const ReproducedTask& task)
{
    if (runsLeft(task.sweep).empty())
        return;
    const ExperimentData data = prepareData(task.sweep.plan.runs.at(0).experiment);
    if (task.sweep.data != SweepData{data.data.train.hash, data.data.eval.hash})
        throw Error(ErrorKind::BadInput,
                    fmt::format("the data of {} has changed since this reproduction began", task.claim.title),
                    "Restore the data files, or begin a new one: its runs would not be pairs.");
}

Reproduction continueReproduction(const fs::path& folder)
{
    Reproduction reproduction = openReproduction(fs::absolute(folder));
    for (const ReproducedTask& task : reproduction.tasks)
        checkDataIsTheSame(task);
    return reproduction;
}

TaskEvidence evidenceOf(const ReproducedTask& task)
{
    std::vector<std::shared_ptr<const RunRecord>> runs;
    for (std::size_t run = 0; run < task.sweep.plan.runs.size(); ++run)
        if (stateOf(task.sweep, run) == PlannedRunState::Done)
            runs.push_back(readRun(task.sweep.runFolder(run)));
    TaskEvidence evidence = taskEvidence(task.claim, runs);
    evidence.runsLeft = task.sweep.plan.runs.size() - runs.size();
    judge(evidence);
    return evidence;
}

std::vector<TaskEvidence> evidenceOf(const Reproduction& reproduction)
{
    std::vector<TaskEvidence> evidence;
    for (const ReproducedTask& task : reproduction.tasks)
        evidence.push_back(evidenceOf(task));
    return evidence;
}

std::string hostOf(const Reproduction& reproduction)
{
    for (const ReproducedTask& task : reproduction.tasks)
        for (std::size_t run = 0; run < task.sweep.plan.runs.size(); ++run)
            if (stateOf(task.sweep, run) == PlannedRunState::Done)
                return readRun(task.sweep.runFolder(run))->summary.host;
    return {};
}

void writeEvidence(const Reproduction& reproduction, const std::vector<TaskEvidence>& evidence,
                   const std::string& host)
{
    std::string text = fmt::format("# {}\n\nMade by `{}`{}.\n\n{}\n\n", evidenceTitle, reproduction.command,
                                   host.empty() ? "" : " on " + host, evidenceMethod);
    Json document = {{"command", reproduction.command}, {"host", host}, {"tasks", Json::array()}};
    for (const TaskEvidence& task : evidence) {
        text += evidenceMarkdown(task) + "\n";
        document["tasks"].push_back(evidenceJson(task));
    }
    writeFileAtomically(reproduction.folder / "evidence.md", text);
    writeFileAtomically(reproduction.folder / "evidence.json", document.dump(2) + "\n");
}

} // namespace lora
