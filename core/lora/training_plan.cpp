#include "core/lora/training_plan.h"

#include <algorithm>

#include "core/base/error.h"

namespace lora {

namespace {

bool isBias(const std::string& parameter)
{
    return parameter.ends_with(".bias");
}

/// Adds the biases `bias` asks for.
void addTrainedBiases(const std::string& bias, const ModelParts& parts, TrainingPlan& plan)
{
    for (const std::string& parameter : parts.parameters) {
        if (!isBias(parameter))
            continue;
        const std::string module = parameter.substr(0, parameter.rfind('.'));
        if (bias == "all" || (bias == "lora_only" && plan.adapterOf(module)))
            plan.trainedParameters.insert(parameter);
    }
}

/// What these variants do to a weight would happen to the word embeddings too.
void refuseOnSharedWeight(const LoraConfig& lora, const ModelParts& parts, const TrainingPlan& plan)
{
    if ((lora.useDora || lora.initLoraWeights != "true") && !parts.tiedModule.empty() &&
        plan.adapterOf(parts.tiedModule))
        throw Error(
            ErrorKind::Unsupported,
            fmt::format("method: {} cannot adapt {}, which shares its weight with the word embeddings",
                        lora.useDora ? "use_dora" : "init_lora_weights", parts.tiedModule),
            "Take it out of target_modules, or use plain LoRA.");
}

} // namespace

ModelParts partsOf(const ModelSummary& summary, TaskType task)
{
    ModelParts parts;
    parts.task = task;
    for (const ModuleInfo& module : summary.modules) {
        parts.linears.push_back({module.name, module.block, module.isHead});
        if (module.isTied)
            parts.tiedModule = module.name;
    }
    for (const ParameterInfo& parameter : summary.parameterList) {
        parts.parameters.push_back(parameter.name);
        if (parameter.place == WeightPlace::Head)
            parts.headParameters.push_back(parameter.name);
    }
    return parts;
}

const AdapterPlan* TrainingPlan::adapterOf(const std::string& module) const
{
    for (const AdapterPlan& adapter : adapters)
        if (adapter.module == module)
            return &adapter;
    return nullptr;
}

bool adoptUsualTargets(MethodConfig& method, const ModelParts& parts)
{
    using Names = std::vector<std::string>;
    if (method.type != MethodType::Lora || method.lora.targetModules != LoraConfig{}.targetModules)
        return false;
    const auto has = [&](const std::string& name) {
        return std::any_of(parts.linears.begin(), parts.linears.end(),
                           [&](const TargetCandidate& linear) { return linear.name.ends_with("." + name); });
    };
    for (const Names& targets :
         {Names{"query", "value"}, Names{"q_proj", "v_proj"}, Names{"q_lin", "v_lin"}, Names{"c_attn"}})
        if (std::all_of(targets.begin(), targets.end(), has)) {
            const bool isOther = targets != std::get<Names>(method.lora.targetModules);
            method.lora.targetModules = targets;
            return isOther;
        }
    return false;
}

TrainingPlan planTraining(const MethodConfig& method, const ModelParts& parts)
{
    TrainingPlan plan;
    if (method.type == MethodType::Full) {
        plan.trainedParameters.insert(parts.parameters.begin(), parts.parameters.end());
        return plan;
    }
    plan.savedModules = savedModules(method.lora.modulesToSave, parts.task);
    for (const std::string& parameter : parts.parameters)
        if (isInSavedModule(parameter, plan.savedModules))
            plan.trainedParameters.insert(parameter);
    // A language model's head is no module PEFT saves by itself; "head" means all of it.
    if (method.type == MethodType::Head && isLanguageModelling(parts.task))
        plan.trainedParameters.insert(parts.headParameters.begin(), parts.headParameters.end());
    const std::string tiedWeight = parts.tiedModule + ".weight";
    if (!parts.tiedModule.empty() &&
        (isInSavedModule(tiedWeight, plan.savedModules) || method.type == MethodType::Head)) {
        plan.untiedModule = parts.tiedModule;
        plan.trainedParameters.insert(tiedWeight);
    }
    // The head and every bias: BitFit (Ben Zaken et al., arXiv:2106.10199).
    if (method.type == MethodType::Head && method.lora.bias == "all")
        addTrainedBiases(method.lora.bias, parts, plan);
    if (method.type == MethodType::Lora) {
        plan.adapters = planAdapters(method.lora, parts.linears, plan.savedModules);
        addTrainedBiases(method.lora.bias, parts, plan);
        refuseOnSharedWeight(method.lora, parts, plan);
    }
    return plan;
}

} // namespace lora
