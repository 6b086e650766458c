#include "app/cli/convert_arguments.h"
#include "app/cli/rank_tables.h"
#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"

#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

struct ExtractArguments
{
    ConvertArguments common;
    bool isLinearOnly = false;
};

std::string textOf(const Extraction& extraction)
{
    constexpr std::size_t nameColumns = 48;
    std::vector<std::string> modules;
    for (const ExtractedModule& module : extraction.modules)
        modules.push_back(module.module);
    const std::vector<std::string> names = shortNames(modules, nameColumns);
    std::string text = padded("linear module", nameColumns) + padded("rank", 8, Align::Right) +
                       padded("lost", 12, Align::Right) + padded("change", 12, Align::Right) + "\n";
    for (std::size_t i = 0; i < modules.size(); ++i) {
        const ExtractedModule& module = extraction.modules[i];
        text += padded(names[i], nameColumns) + padded(std::to_string(module.rank), 8, Align::Right) +
                padded(percentText(module.error), 12, Align::Right) +
                padded(percentText(module.relativeChange), 12, Align::Right) + "\n";
    }
    text += fmt::format("\nlost: {} of the change over all modules; change: beside the weight's norm\n",
                        percentText(extraction.error));
    if (!extraction.saved.empty() || extraction.config.bias != "none")
        text += wrapped(fmt::format("saved whole beside the head: {}{}", fmt::join(extraction.saved, ", "),
                                    extraction.config.bias == "none" ? ""
                                    : extraction.saved.empty()       ? "biases"
                                                                     : ", biases"),
                        80, 2) +
                "\n";
    if (!extraction.leftOut.empty())
        text += wrapped(printable(fmt::format("trained, but not in the adapter: {} weights, {}{}",
                                              extraction.leftOut.size(), extraction.leftOut.front(),
                                              extraction.leftOut.size() > 1 ? ", …" : "")),
                        80, 2) +
                "\n";
    return text;
}

nlohmann::ordered_json jsonOf(const ExtractedAdapter& extracted)
{
    nlohmann::ordered_json modules = nlohmann::ordered_json::array();
    for (const ExtractedModule& module : extracted.extraction.modules)
        modules.push_back({{"name", module.module},
                           {"r", module.rank},
                           {"error", module.error},
                           {"relative_change", module.relativeChange}});
    return {{"path", extracted.certificate.path.string()},
            {"bytes", extracted.certificate.bytes},
            {"max_abs_logit_difference", extracted.certificate.maxAbsLogitDifference},
            {"error", extracted.extraction.error},
            {"modules", std::move(modules)},
            {"saved_modules", extracted.extraction.saved},
            {"bias", extracted.extraction.config.bias},
            {"left_out", extracted.extraction.leftOut},
            {"quality", qualityJson(extracted.quality)}};
}

int extract(const CLI::App& app, const ExtractArguments& arguments, Console& console)
{
    const ConvertArguments& common = arguments.common;
    const ExtractedAdapter extracted =
        extractAdapterTo(runFolderOf(common.source).string(), baseOf(common), taskOf(common),
                         {choiceOf(app, common), arguments.isLinearOnly}, wishesOf(common, console));
    const std::string quality = qualityTable(extracted.quality);
    console.print(textOf(extracted.extraction) + "\n" + quality + (quality.empty() ? "" : "\n") +
                  certificateText(extracted.certificate));
    console.document(jsonOf(extracted));
    return 0;
}

} // namespace

Subcommand addExtract(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "extract",
        "Approximate what a full fine-tuning changed by a low-rank adapter, and say what it keeps.");
    const auto arguments = std::make_shared<ExtractArguments>();
    app->add_option("RUN_OR_MODEL", arguments->common.source,
                    "A run, or a model folder with --base: then their difference is approximated.")
        ->required();
    addConvertArguments(*app, arguments->common);
    app->add_flag("--linear-only", arguments->isLinearOnly,
                  "Leave embeddings, norms and biases as the base has them: a small file, less exact.");
    return {app, [app, arguments](Console& console) { return extract(*app, *arguments, console); }};
}

} // namespace lora::app
