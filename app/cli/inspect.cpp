#include "app/cli/rank_tables.h"
#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/experiment/adapter_source.h"
#include "core/models/model_loader.h"
#include "core/runs/run_files.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

/// A linear module and its adapter, if it has one.
struct ModuleLine
{
    std::string name;
    std::int64_t inFeatures = 0;
    std::int64_t outFeatures = 0;
    std::optional<std::int64_t> rank;
};

struct Inspection
{
    std::string family;
    std::int64_t parameters = 0;
    std::vector<ModuleLine> modules;
    std::vector<std::string> notices;
    std::vector<ModuleSpectrum> spectra; ///< of what training changed; none for a model
};

/// Of a run's adapters, or of the weights' change where all were trained.
std::vector<ModuleSpectrum> spectraOf(const TrainedModel& trained, std::vector<std::string>& notices,
                                      Console& console)
{
    if (trained.experiment.method.type == MethodType::Lora)
        return adapterSpectra(*trained.model);
    if (trained.experiment.method.type != MethodType::Full)
        return {};
    console.status("comparing with the base model");
    try {
        return changeSpectra(*trained.model, *loadBaseOf(trained, trained.experiment.model));
    } catch (const Error& error) {
        notices.push_back(fmt::format("what training changed cannot be told: {}", error.what()));
        return {};
    }
}

Inspection inspectRun(const std::string& folder, Console& console)
{
    const TrainedModel trained = openTrainedModel({folder, {}, {}});
    Inspection found{
        trained.model->config().family, trained.model->parameterCount(), {}, trained.notices, {}};
    found.spectra = spectraOf(trained, found.notices, console);
    for (const LinearSite<float>& site : trained.model->linears()) {
        const Linear<float>& linear = *site.linear;
        ModuleLine& line = found.modules.emplace_back();
        line = {linear.name(), linear.inFeatures(), linear.outFeatures(), std::nullopt};
        if (linear.adapter)
            line.rank = linear.adapter->a.value().rows;
    }
    return found;
}

Inspection inspectModel(const std::string& model)
{
    const ModelSummary summary = describeModel(model);
    Inspection found{summary.family, summary.parameters, {}, summary.notices, {}};
    for (const ModuleInfo& module : summary.modules)
        found.modules.push_back({module.name, module.inFeatures, module.outFeatures, std::nullopt});
    return found;
}

nlohmann::ordered_json jsonOf(const Inspection& inspection)
{
    nlohmann::ordered_json modules = nlohmann::ordered_json::array();
    for (const ModuleLine& module : inspection.modules) {
        nlohmann::ordered_json line = {{"name", module.name},
                                       {"in_features", module.inFeatures},
                                       {"out_features", module.outFeatures},
                                       {"adapted", module.rank.has_value()},
                                       {"r", nullptr}};
        if (module.rank)
            line["r"] = *module.rank;
        const auto spectrum = std::ranges::find(inspection.spectra, module.name, &ModuleSpectrum::module);
        if (spectrum != inspection.spectra.end())
            line.update(spectrumJson(*spectrum));
        modules.push_back(std::move(line));
    }
    return {{"family", inspection.family},
            {"parameters", inspection.parameters},
            {"modules", std::move(modules)}};
}

std::string textOf(const Inspection& inspection)
{
    constexpr std::size_t nameColumns = 54;
    std::string text =
        fmt::format("{}, {} parameters ({})\n\n", printable(inspection.family), inspection.parameters,
                    countText(static_cast<double>(inspection.parameters)));
    text += padded("linear module", nameColumns) + padded("in → out", 16, Align::Right) +
            padded("r", 6, Align::Right) + "\n";
    for (const ModuleLine& module : inspection.modules)
        text += padded(fitted(module.name, nameColumns), nameColumns) +
                padded(fmt::format("{} → {}", module.inFeatures, module.outFeatures), 16, Align::Right) +
                padded(module.rank ? std::to_string(*module.rank) : "–", 6, Align::Right) + "\n";
    if (!inspection.spectra.empty())
        text += "\n" + spectrumTable(inspection.spectra);
    return text;
}

int inspect(const std::string& argument, Console& console)
{
    const std::filesystem::path folder = runFolderOf(argument);
    const Inspection inspection =
        holdsRun(folder) ? inspectRun(folder.string(), console) : inspectModel(folder.string());
    for (const std::string& notice : inspection.notices)
        console.log("note: " + notice);
    console.print(textOf(inspection));
    console.document(jsonOf(inspection));
    return 0;
}

} // namespace

Subcommand addInspect(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "inspect",
        "Family, parameters and linear modules of a model; for a run, which of them are adapted and "
        "what training changed: singular values, effective rank, which layers moved most.");
    const auto model = std::make_shared<std::string>();
    app->add_option("MODEL_OR_RUN", *model, "A model folder, builtin:encoder, builtin:decoder, or a run.")
        ->required();
    return {app, [model](Console& console) { return inspect(*model, console); }};
}

} // namespace lora::app
