#include "app/cli/convert_arguments.h"

#include "app/cli/run_arguments.h"

#include "core/base/quantity_text.h"

namespace lora::app {

void addConvertArguments(CLI::App& app, ConvertArguments& arguments)
{
    app.add_option("--rank", arguments.rank, "Rank of every adapter.")->type_name("R");
    app.add_option("--energy", arguments.energy,
                   "Instead: for each module the smallest rank that keeps this share of the change's squared "
                   "singular values, for example 0.9.")
        ->type_name("SHARE");
    app.add_option("--out", arguments.out, "The PEFT folder to write.")->type_name("DIR")->required();
    app.add_option("--base", arguments.base, "The model the training began from; a run knows its own.")
        ->type_name("MODEL");
    app.add_option("--task", arguments.task,
                   "What a model or PEFT folder is used for, for example sequence-classification.")
        ->type_name("TYPE");
    app.add_option("--data", arguments.data,
                   "Rows with labels to evaluate before and after; without it a run's own evaluation rows.")
        ->type_name("FILE");
    app.add_option("--threads", arguments.threads, "Workers of the evaluation; 0: one per processor.")
        ->check(CLI::Range(0, 4096))
        ->type_name("N");
}

RankChoice choiceOf(const CLI::App& app, const ConvertArguments& arguments)
{
    RankChoice choice;
    if (app.count("--rank") > 0)
        choice.rank = arguments.rank;
    if (app.count("--energy") > 0)
        choice.energy = arguments.energy;
    if (choice.rank.has_value() == choice.energy.has_value())
        throw Error(ErrorKind::BadUsage, "either --rank or --energy is needed",
                    "For example --rank 8, or --energy 0.9.");
    return choice;
}

ConversionWishes wishesOf(const ConvertArguments& arguments, Console& console)
{
    ConversionWishes wishes;
    wishes.out = arguments.out;
    if (!arguments.data.empty())
        wishes.data = arguments.data;
    wishes.threads = arguments.threads;
    wishes.onStatus = [&console](const std::string& status) { console.status(status); };
    return wishes;
}

std::optional<std::string> baseOf(const ConvertArguments& arguments)
{
    return arguments.base.empty() ? std::nullopt : std::optional(arguments.base);
}

std::optional<TaskType> taskOf(const ConvertArguments& arguments)
{
    return arguments.task.empty() ? std::nullopt : std::optional(taskNamed(arguments.task));
}

std::string certificateText(const ExportCertificate& certificate)
{
    return fmt::format("{} ({}, {})\nread back: largest difference of a logit {}\n",
                       certificate.path.string(), certificate.format,
                       bytesText(static_cast<double>(certificate.bytes)),
                       significantText(certificate.maxAbsLogitDifference));
}

} // namespace lora::app
