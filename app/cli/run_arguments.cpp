#include "app/cli/run_arguments.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/runs/run_files.h"

#include <fmt/ranges.h>

namespace lora::app {

namespace fs = std::filesystem;

fs::path runFolderOf(const std::string& argument)
{
    std::error_code ignored;
    const bool isName = !argument.empty() && argument.find('/') == std::string::npos && argument != "..";
    const fs::path known = defaultRunsFolder() / argument;
    return isName && !fs::exists(argument, ignored) && holdsRun(known) ? known : fs::path(argument);
}

void addModelArguments(CLI::App& app, ModelArguments& arguments)
{
    app.add_option("RUN", arguments.runOrModel,
                   "A run folder, the name of a run as `runs` lists it, or a model folder (builtin:encoder "
                   "and builtin:decoder too).")
        ->required();
    app.add_option("--adapter", arguments.adapter, "A PEFT folder to put on a model folder.")
        ->type_name("DIR");
    app.add_option("--task", arguments.task,
                   "What a model folder is used for, for example sequence-classification.")
        ->type_name("TYPE");
}

TrainedModel openModel(const ModelArguments& arguments)
{
    TrainedModelRequest request;
    request.runOrModel = runFolderOf(arguments.runOrModel).string();
    if (!arguments.adapter.empty())
        request.adapter = arguments.adapter;
    if (!arguments.task.empty())
        request.task = taskNamed(arguments.task);
    return openTrainedModel(request);
}

TaskType taskNamed(const std::string& name)
{
    if (const auto task = taskFromString(name))
        return *task;
    std::vector<std::string> tasks;
    for (const TaskType task : allTasks())
        tasks.emplace_back(toString(task));
    throw Error(ErrorKind::BadUsage, fmt::format("--task: no task \"{}\"{}", name, didYouMean(name, tasks)),
                fmt::format("There are: {}.", fmt::join(tasks, ", ")));
}

} // namespace lora::app
