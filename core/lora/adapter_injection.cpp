#include "core/lora/adapter_injection.h"

#include "core/base/rng.h"
#include "core/lora/target_selection.h"

#include <set>

namespace lora {

namespace {

template <class T>
void addAdapter(Linear<T>& linear, const AdapterPlan& plan, double dropoutProbability, std::uint64_t seed)
{
    linear.adapter.emplace(linear.name(), linear.inFeatures(), linear.outFeatures(), plan.r);
    LoraAdapter<T>& adapter = *linear.adapter;
    adapter.alpha = plan.alpha;
    adapter.scaling = plan.scaling;
    adapter.dropoutProbability = dropoutProbability;
    // Kaiming-uniform with a = √5 over fan-in is the uniform distribution within ±1/√in.
    const double bound = 1.0 / std::sqrt(static_cast<double>(linear.inFeatures()));
    Matrix<T> a = adapter.a.mutableValue();
    Rng rng(seed, "initialize:" + adapter.a.name());
    for (std::int64_t i = 0; i < a.size(); ++i)
        a.data[i] = static_cast<T>(rng.uniform(-bound, bound));
    adapter.b.mutableValue(); // zeros
}

bool isLowRank(const std::string& name)
{
    return name.ends_with(".lora_A.weight") || name.ends_with(".lora_B.weight");
}

/// Names of the biases `bias` asks for.
template <class T>
std::set<std::string> trainedBiases(LanguageModel<T>& model, const std::string& bias)
{
    std::set<std::string> names;
    if (bias == "all")
        model.visitParameters([&](Parameter<T>& parameter) {
            if (parameter.name().ends_with(".bias"))
                names.insert(parameter.name());
        });
    if (bias == "lora_only")
        for (const LinearSite<T>& site : model.linears())
            if (site.linear->adapter && site.linear->bias.exists())
                names.insert(site.linear->bias.name());
    return names;
}

} // namespace

template <class T>
void injectAdapters(LanguageModel<T>& model, const LoraConfig& config, std::uint64_t seed)
{
    std::vector<TargetCandidate> candidates;
    std::map<std::string, Linear<T>*> linears;
    for (const LinearSite<T>& site : model.linears()) {
        candidates.push_back({site.linear->name(), site.block, site.isHead});
        linears[site.linear->name()] = site.linear;
    }
    for (const AdapterPlan& plan :
         planAdapters(config, candidates, savedModules(config.modulesToSave, model.task())))
        addAdapter(*linears.at(plan.module), plan, config.loraDropout, seed);
}

template <class T>
TrainableParameters<T> applyMethod(LanguageModel<T>& model, const MethodConfig& method, std::uint64_t seed)
{
    if (method.type == MethodType::Full)
        return TrainableParameters<T>(model, [](const Parameter<T>&) { return true; });
    const std::vector<std::string> saved = savedModules(method.lora.modulesToSave, model.task());
    if (method.type == MethodType::Head)
        return TrainableParameters<T>(
            model, [&](const Parameter<T>& parameter) { return isInSavedModule(parameter.name(), saved); });
    injectAdapters(model, method.lora, seed);
    const std::set<std::string> biases = trainedBiases(model, method.lora.bias);
    return TrainableParameters<T>(model, [&](const Parameter<T>& parameter) {
        return isLowRank(parameter.name()) || biases.contains(parameter.name()) ||
               isInSavedModule(parameter.name(), saved);
    });
}

template <class T>
void mergeAdapters(LanguageModel<T>& model)
{
    for (const LinearSite<T>& site : model.linears())
        site.linear->mergeAdapter();
}

#define INSTANTIATE(T)                                                                                       \
    template TrainableParameters<T> applyMethod<T>(LanguageModel<T>&, const MethodConfig&, std::uint64_t);   \
    template void injectAdapters<T>(LanguageModel<T>&, const LoraConfig&, std::uint64_t);                    \
    template void mergeAdapters<T>(LanguageModel<T>&);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

} // namespace lora
