#include "app/cli/rank_tables.h"
#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/experiment/adapter_source.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

struct OverlapOptions
{
    std::string first;
    std::string second;
    std::string base;
};

AdapterSource sourceOf(const std::string& argument, const std::string& base)
{
    AdapterSourceRequest request{runFolderOf(argument).string(), std::nullopt, std::nullopt};
    if (!base.empty())
        request.base = base;
    return openAdapterSource(request);
}

std::string unmatchedText(const AdapterOverlap& overlap)
{
    const std::size_t count = overlap.onlyInFirst.size() + overlap.onlyInSecond.size();
    return count == 0 ? "" : fmt::format("{} modules are adapted in one of the two alone.\n", count);
}

int overlap(const OverlapOptions& options, Console& console)
{
    console.status("loading");
    const AdapterSource first = sourceOf(options.first, options.base);
    const AdapterSource second = sourceOf(options.second, options.base);
    console.status("comparing");
    const AdapterOverlap found = adapterOverlap(*first.trained.model, *second.trained.model);
    console.print(
        overlapTable(found) + "\n" + unmatchedText(found) +
        wrapped("φ(i,j): share of the first run's i leading input directions that lie in the second "
                "run's j, or the other way round where j is smaller: 1 when one space holds the other, "
                "chance: what random directions give. Directions are singular vectors of the update "
                "B A (LoRA paper, section 7.2). --json has all i and j, and the output directions.",
                80) +
        "\n");
    console.document(overlapJson(found));
    return 0;
}

} // namespace

Subcommand addOverlap(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "overlap", "How far two adapters learned the same directions: across ranks, seeds or data.");
    const auto options = std::make_shared<OverlapOptions>();
    app->add_option("FIRST", options->first, "A LoRA run, or a PEFT folder.")->required();
    app->add_option("SECOND", options->second, "Another of the same base model.")->required();
    app->add_option("--base", options->base,
                    "The base model of PEFT folders, where they do not name one that is here.")
        ->type_name("MODEL");
    return {app, [options](Console& console) { return overlap(*options, console); }};
}

} // namespace lora::app
