#include "core/evidence/reproduction.h"

#include "core/base/error.h"
#include "core/experiment/cost_estimation.h"
#include "core/io/atomic_file.h"
#include "core/models/model_loader.h"
#include "core/runs/run_reader.h"

#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

} // namespace

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
    std::ifstream file(path);
    if (!file)
        throw Error(ErrorKind::BadUsage, fmt::format("{} has no {}", folder.string(), reproductionFile),
                    "Name a folder that `reproduce --out` made.");
    Reproduction reproduction{folder, {}, {}};
    try {
        const Json document = Json::parse(file);
        reproduction.command = document.at("command").get<std::string>();
        for (const Json& task : document.at("tasks")) {
            const fs::path name = task.at("sweep").get<std::string>();
            if (name.has_parent_path() || name == ".." || name.empty())
                throw Error(ErrorKind::BadInput,
                            fmt::format("sweep: found \"{}\", expected a folder's name", name.string()), "");
            reproduction.tasks.push_back(
                {articleClaim(task.at("task").get<std::string>()), openSweep(folder / name)});
        }
    } catch (const Json::exception& error) {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", path.string(), error.what()),
                    "The file is damaged; begin a new reproduction in another folder.");
    } catch (const Error& error) {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", path.string(), error.what()), error.hint());
    }
    return reproduction;
}

TaskEvidence evidenceOf(const ReproducedTask& task)
{
    std::vector<std::shared_ptr<const RunRecord>> runs;
    for (std::size_t run = 0; run < task.sweep.plan.runs.size(); ++run)
        if (stateOf(task.sweep, run) == PlannedRunState::Done)
            runs.push_back(readRun(task.sweep.runFolder(run)));
    return taskEvidence(task.claim, runs);
}

void writeEvidence(const Reproduction& reproduction, const std::vector<TaskEvidence>& evidence,
                   const std::string& host)
{
    std::string text = "# What LoRA saves, and whether quality stays\n\n"
                       "Made by `" +
                       reproduction.command + "`" + (host.empty() ? "" : " on " + host) +
                       ".\n\nCompute is counted inside every matrix product of training, the frozen layers' "
                       "one pass included; time and memory are the runs' own. Signs are against full "
                       "fine-tuning of the same seed and batches; \"no cache\" runs frozen layers in every "
                       "epoch. Within noise: the 95 % interval of the difference over seeds and the same "
                       "evaluation examples contains zero.\n\n";
    Json document = {{"command", reproduction.command}, {"host", host}, {"tasks", Json::array()}};
    for (const TaskEvidence& task : evidence) {
        text += evidenceMarkdown(task) + "\n";
        document["tasks"].push_back(evidenceJson(task));
    }
    writeFileAtomically(reproduction.folder / "evidence.md", text);
    writeFileAtomically(reproduction.folder / "evidence.json", document.dump(2) + "\n");
}

} // namespace lora
