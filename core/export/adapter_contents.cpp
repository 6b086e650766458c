#include "core/export/adapter_contents.h"

#include "core/base/error.h"
#include "core/lora/adapter_files.h"
#include "core/lora/adapter_injection.h"

#include <cmath>
#include <set>

namespace lora {

namespace {

std::string moduleOf(const std::string& parameter)
{
    return parameter.substr(0, parameter.rfind('.'));
}

/// Modules that have to be saved whole besides the head: newly initialised ones and what `config` names.
std::vector<std::string> modulesToSaveOf(LanguageModel<float>& model, const LoraConfig& config)
{
    std::vector<std::string> modules = savedModules(config.modulesToSave, model.task());
    for (const std::string& parameter : model.newlyInitialized)
        if (!isInSavedModule(parameter, modules))
            modules.push_back(savedModuleName(moduleOf(parameter)));
    return modules;
}

std::set<std::string> adaptedModules(LanguageModel<float>& model, const std::vector<std::string>& saved)
{
    std::set<std::string> modules;
    for (const LinearSite<float>& site : model.linears())
        if (site.linear->adapter && !isInSavedModule(site.linear->name() + ".weight", saved))
            modules.insert(site.linear->name());
    return modules;
}

bool selects(const LoraConfig& config, const ModelParts& parts, const std::vector<std::string>& saved,
             const std::set<std::string>& modules)
{
    std::set<std::string> selected;
    for (const AdapterPlan& plan : planAdapters(config, parts.linears, saved))
        selected.insert(plan.module);
    return selected == modules;
}

/// The configuration a reader needs to find exactly the adapted modules: a plain list, since not every reader
/// knows "all-linear" and regular expressions; short names where they suffice, full paths otherwise.
LoraConfig exportedConfig(LanguageModel<float>& model, const LoraConfig& config,
                          const std::vector<std::string>& saved, const std::set<std::string>& modules)
{
    LoraConfig exported = config;
    exported.modulesToSave = saved;
    std::set<std::string> shortNames;
    for (const std::string& module : modules)
        shortNames.insert(module.substr(module.rfind('.') + 1));
    exported.targetModules = std::vector<std::string>(shortNames.begin(), shortNames.end());
    const ModelParts parts = partsOf(model);
    if (!selects(exported, parts, saved, modules)) {
        exported.targetModules = std::vector<std::string>(modules.begin(), modules.end());
        exported.layersToTransform.reset();
    }
    return exported;
}

/// Whether adapters were taken out of the weights (PiSSA, OLoRA).
bool holdsStarts(LanguageModel<float>& model)
{
    const std::vector<LinearSite<float>> sites = model.linears();
    return std::any_of(sites.begin(), sites.end(), [](const LinearSite<float>& site) {
        return site.linear->adapter && site.linear->adapter->start;
    });
}

/// The configuration of plain LoRA of doubled rank with the same scaling, as PEFT converts it.
void doubleRanks(LoraConfig& config)
{
    const double factor = config.useRslora ? std::sqrt(2.0) : 2.0;
    config.r *= 2;
    config.loraAlpha *= factor;
    for (auto& [pattern, rank] : config.rankPattern)
        rank *= 2;
    for (auto& [pattern, alpha] : config.alphaPattern)
        alpha *= factor;
    config.initLoraWeights = "true";
}

void collectAdapter(LanguageModel<float>& model, const LoraConfig& config,
                    const std::vector<std::string>& saved, TensorCollection& out)
{
    std::map<std::string, Linear<float>*> linears;
    std::map<std::string, const LoraAdapter<float>*> doubled; // by the name of A; null: B of one
    for (const LinearSite<float>& site : model.linears()) {
        linears[site.linear->weight.name()] = site.linear;
        if (site.linear->adapter && site.linear->adapter->start) {
            doubled[site.linear->adapter->a.name()] = &*site.linear->adapter;
            doubled[site.linear->adapter->b.name()] = nullptr;
        }
    }
    const TrainingPlan plan = planTraining({MethodType::Lora, config}, partsOf(model));
    model.visitParameters([&](Parameter<float>& parameter) {
        const std::string& name = parameter.name();
        const bool isSaved = isInSavedModule(name, saved);
        if (isAdapterParameter(name)) {
            const auto pair = doubled.find(name);
            if (!isSaved && pair == doubled.end())
                out.add(peftTensorName(name), parameter);
            else if (!isSaved && pair->second)
                out.addDoubled(peftTensorName(name), peftTensorName(pair->second->b.name()), *pair->second);
        } else if (isSaved) {
            const auto linear = linears.find(name);
            if (linear != linears.end())
                out.addMerged(peftTensorName(name), *linear->second);
            else
                out.add(peftTensorName(name), parameter);
        } else if (plan.isTrained(name)) { // a bias
            const std::string module = moduleOf(name);
            out.add(peftTensorName(plan.adapterOf(module) ? module + ".base_layer.bias" : name), parameter);
        }
    });
    // A saved module that holds the output embedding holds a copy of the weight it shares.
    const Linear<float>* output = model.head().outputEmbedding();
    if (output && output->isTied() && isInSavedModule(output->name() + ".weight", saved))
        out.addMerged(peftTensorName(output->name() + ".weight"), *output);
}

} // namespace

AdapterContents adapterContents(LanguageModel<float>& model, const LoraConfig& config,
                                const std::string& baseModel)
{
    const std::vector<std::string> saved = modulesToSaveOf(model, config);
    const std::set<std::string> modules = adaptedModules(model, saved);
    if (modules.empty())
        throw Error(ErrorKind::Unsupported, "this model has no LoRA adapters to export",
                    "A head-only or fully fine-tuned run is a whole model: see the run's model folder.");
    AdapterContents contents;
    PeftConfig& peft = contents.config;
    peft.lora = exportedConfig(model, config, saved, modules);
    if (holdsStarts(model))
        doubleRanks(peft.lora);
    peft.taskType = peftTaskType(model.task());
    peft.baseModel = baseModel;
    for (const LinearSite<float>& site : model.linears())
        peft.isTransposed =
            peft.isTransposed || (site.linear->adapter && site.linear->weight.isTransposedInFiles());
    collectAdapter(model, config, saved, contents.tensors);
    return contents;
}

} // namespace lora
