#include "app/cli/convert_arguments.h"
#include "app/cli/rank_tables.h"
#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

std::string textOf(const ResizedAdapter& resized)
{
    constexpr std::size_t nameColumns = 54;
    std::vector<std::string> modules;
    for (const ResizedModule& module : resized.modules)
        modules.push_back(module.module);
    const std::vector<std::string> names = shortNames(modules, nameColumns);
    std::string text = padded("linear module", nameColumns) + padded("rank", 12, Align::Right) +
                       padded("lost", 12, Align::Right) + "\n";
    for (std::size_t i = 0; i < modules.size(); ++i) {
        const ResizedModule& module = resized.modules[i];
        text += padded(names[i], nameColumns) +
                padded(fmt::format("{} → {}", module.oldRank, module.rank), 12, Align::Right) +
                padded(percentText(module.error), 12, Align::Right) + "\n";
    }
    return text +
           fmt::format("\nlost: {} of the update's norm over all modules\n", percentText(resized.error));
}

nlohmann::ordered_json jsonOf(const ConvertedAdapter& converted)
{
    nlohmann::ordered_json modules = nlohmann::ordered_json::array();
    for (const ResizedModule& module : converted.resized.modules)
        modules.push_back({{"name", module.module},
                           {"old_r", module.oldRank},
                           {"r", module.rank},
                           {"error", module.error}});
    return {{"path", converted.certificate.path.string()},
            {"bytes", converted.certificate.bytes},
            {"max_abs_logit_difference", converted.certificate.maxAbsLogitDifference},
            {"error", converted.resized.error},
            {"modules", std::move(modules)},
            {"quality", qualityJson(converted.quality)}};
}

int resize(const CLI::App& app, const ConvertArguments& arguments, Console& console)
{
    const ConvertedAdapter converted =
        resizeAdapterTo({runFolderOf(arguments.source).string(), baseOf(arguments), taskOf(arguments)},
                        choiceOf(app, arguments), wishesOf(arguments, console));
    const std::string quality = qualityTable(converted.quality);
    console.print(textOf(converted.resized) + "\n" + quality + (quality.empty() ? "" : "\n") +
                  certificateText(converted.certificate));
    console.document(jsonOf(converted));
    return 0;
}

} // namespace

Subcommand addResize(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "resize",
        "Bring an adapter to another rank: smaller by its best approximation, larger without a change.");
    const auto arguments = std::make_shared<ConvertArguments>();
    app->add_option("ADAPTER_OR_RUN", arguments->source, "A PEFT folder, or a LoRA run.")->required();
    addConvertArguments(*app, *arguments);
    return {app, [app, arguments](Console& console) { return resize(*app, *arguments, console); }};
}

} // namespace lora::app
