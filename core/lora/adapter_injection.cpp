#include "core/lora/adapter_injection.h"

#include "core/base/parallel.h"
#include "core/base/rng.h"
#include "core/lora/weight_decomposition.h"
#include "core/math/gemm.h"

namespace lora {

namespace {

template <class T>
void initialize(LoraAdapter<T>& adapter, std::uint64_t seed)
{
    Matrix<T> a = adapter.a.mutableValue();
    // Kaiming-uniform with a = √5 over fan-in is the uniform distribution within ±1/√in.
    const double bound = 1.0 / std::sqrt(static_cast<double>(a.cols));
    Rng rng(seed, "initialize:" + adapter.a.name());
    for (std::int64_t i = 0; i < a.size(); ++i)
        a.data[i] = static_cast<T>(rng.uniform(-bound, bound));
    adapter.b.mutableValue(); // zeros
}

} // namespace

bool isAdapterParameter(const std::string& name)
{
    return name.ends_with(".lora_A.weight") || name.ends_with(".lora_B.weight") ||
           name.ends_with(".lora_magnitude_vector");
}

template <class T>
ModelParts partsOf(LanguageModel<T>& model)
{
    ModelParts parts;
    parts.task = model.task();
    for (const LinearSite<T>& site : model.linears()) {
        parts.linears.push_back({site.linear->name(), site.block, site.isHead});
        if (site.linear->isTied())
            parts.tiedModule = site.linear->name();
    }
    const auto collectInto = [](std::vector<std::string>& names) {
        return [&names](Parameter<T>& parameter) {
            if (!isAdapterParameter(parameter.name()))
                names.push_back(parameter.name());
        };
    };
    model.visitParameters(collectInto(parts.parameters));
    model.visitHeadParameters(collectInto(parts.headParameters));
    return parts;
}

template <class T>
void attachAdapters(LanguageModel<T>& model, const std::vector<AdapterPlan>& adapters,
                    double dropoutProbability)
{
    std::map<std::string, Linear<T>*> linears;
    for (const LinearSite<T>& site : model.linears())
        linears[site.linear->name()] = site.linear;
    for (const AdapterPlan& plan : adapters) {
        Linear<T>& linear = *linears.at(plan.module);
        linear.adapter.emplace(linear.name(), linear.inFeatures(), linear.outFeatures(), plan.r);
        linear.adapter->alpha = plan.alpha;
        linear.adapter->scaling = plan.scaling;
        linear.adapter->dropoutProbability = dropoutProbability;
        if (plan.hasMagnitude)
            linear.magnitude.emplace(linear.name(), linear.outFeatures());
    }
}

template <class T>
void injectAdapters(LanguageModel<T>& model, const std::vector<AdapterPlan>& adapters, const LoraConfig& lora,
                    std::uint64_t seed)
{
    attachAdapters(model, adapters, lora.loraDropout);
    std::vector<Linear<T>*> adapted;
    for (const LinearSite<T>& site : model.linears())
        if (site.linear->adapter)
            adapted.push_back(site.linear);
    // Decompositions take seconds, and each module's depends on its own weight alone.
    forEachPart(adapted.size(), 1, [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
            Linear<T>& linear = *adapted[i];
            if (lora.initLoraWeights == "true")
                initialize(*linear.adapter, seed);
            else
                takeOutOfWeight(linear, lora.initLoraWeights, seed);
            if (linear.magnitude)
                linear.magnitude->setToNormsOf(linear.usedWeight());
            linear.refreshMagnitude();
        }
    });
}

template <class T>
TrainableParameters<T> trainableOf(LanguageModel<T>& model, const TrainingPlan& plan)
{
    return TrainableParameters<T>(model, [&](const Parameter<T>& parameter) {
        if (!isAdapterParameter(parameter.name()))
            return plan.isTrained(parameter.name());
        return !(plan.isAFrozen() && parameter.name().ends_with(".lora_A.weight"));
    });
}

template <class T>
TrainableParameters<T> applyMethod(LanguageModel<T>& model, const MethodConfig& method, std::uint64_t seed)
{
    const TrainingPlan plan = planTraining(method, partsOf(model));
    if (!plan.untiedModule.empty())
        model.head().outputEmbedding()->untie();
    injectAdapters(model, plan.adapters, method.lora, seed);
    return trainableOf(model, plan);
}

template <class T>
void mergeAdapters(LanguageModel<T>& model)
{
    for (const LinearSite<T>& site : model.linears())
        site.linear->mergeAdapter();
}

#define INSTANTIATE(T)                                                                                       \
    template ModelParts partsOf<T>(LanguageModel<T>&);                                                       \
    template void attachAdapters<T>(LanguageModel<T>&, const std::vector<AdapterPlan>&, double);             \
    template void injectAdapters<T>(LanguageModel<T>&, const std::vector<AdapterPlan>&, const LoraConfig&,   \
                                    std::uint64_t);                                                          \
    template TrainableParameters<T> trainableOf<T>(LanguageModel<T>&, const TrainingPlan&);                  \
    template TrainableParameters<T> applyMethod<T>(LanguageModel<T>&, const MethodConfig&, std::uint64_t);   \
    template void mergeAdapters<T>(LanguageModel<T>&);
INSTANTIATE(float)
INSTANTIATE(double)
#undef INSTANTIATE

} // namespace lora
