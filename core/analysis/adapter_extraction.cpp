#include "core/analysis/adapter_extraction.h"

#include "core/analysis/weight_change.h"
#include "core/base/error.h"
#include "core/io/named_tensor.h"
#include "core/lora/adapter_injection.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>

namespace lora {

namespace {

std::string moduleOf(const std::string& parameter)
{
    return parameter.substr(0, parameter.rfind('.'));
}

std::string lastPart(const std::string& module)
{
    return module.substr(module.rfind('.') + 1);
}

class Extractor
{
public:
    Extractor(LanguageModel<float>& tuned, LanguageModel<float>& base, const ExtractionWishes& wishes)
        : m_tuned(tuned)
        , m_base(base)
        , m_wishes(wishes)
    {}

    Extraction run()
    {
        collectParameters();
        approximateLinears();
        copyOthers();
        m_result.config.modulesToSave = m_result.saved;
        m_result.config = describedRanks(m_result.config, m_base);
        return std::move(m_result);
    }

private:
    void collectParameters();
    void approximateLinears();
    double approximate(const LinearChange& change, const std::vector<float>& delta);
    void copyOthers();
    void copyOther(Parameter<float>& parameter, const Parameter<float>& tuned, bool isHead);
    bool saveModule(const std::string& module);
    void copy(Parameter<float>& parameter, const Parameter<float>& tuned) const;

    LanguageModel<float>& m_tuned;
    LanguageModel<float>& m_base;
    const ExtractionWishes& m_wishes;
    std::map<std::string, Parameter<float>*> m_tunedParameters;
    Extraction m_result;
};

void Extractor::collectParameters()
{
    m_tuned.visitParameters([&](Parameter<float>& parameter) {
        if (!isAdapterParameter(parameter.name()))
            m_tunedParameters[parameter.name()] = &parameter;
    });
    std::set<std::string> unmatched;
    for (const auto& [name, parameter] : m_tunedParameters)
        unmatched.insert(name);
    m_base.visitParameters([&](Parameter<float>& parameter) {
        const auto found = m_tunedParameters.find(parameter.name());
        if (found == m_tunedParameters.end() || found->second->shape() != parameter.shape())
            throw Error(
                ErrorKind::BadInput,
                fmt::format("{} is {} in the base and {} in the trained model", parameter.name(),
                            shapeText(parameter.shape()),
                            found == m_tunedParameters.end() ? "missing" : shapeText(found->second->shape())),
                "Name with --base the model the training began from.");
        unmatched.erase(parameter.name());
    });
    if (!unmatched.empty())
        throw Error(
            ErrorKind::BadInput,
            fmt::format("{} is missing in the base, but part of the trained model", *unmatched.begin()),
            "Name with --base the model the training began from.");
}

void Extractor::approximateLinears()
{
    std::vector<LinearChange> changes = linearChanges(m_tuned, m_base);
    std::int64_t largest = 0;
    for (const LinearChange& change : changes)
        largest =
            std::max(largest, std::min(change.base.linear->inFeatures(), change.base.linear->outFeatures()));
    m_wishes.size.check(largest);
    double lost = 0;
    double total = 0;
    std::vector<std::string> targets;
    for (const LinearChange& change : changes) {
        const std::vector<float> delta = change.delta();
        if (std::ranges::all_of(delta, [](float value) { return value == 0; }))
            continue;
        const double norm = approximate(change, delta);
        lost += std::pow(m_result.modules.back().error * norm, 2);
        total += norm * norm;
        targets.push_back(change.base.linear->name());
    }
    if (targets.empty())
        throw Error(ErrorKind::BadUsage, "no linear module differs between the two models",
                    "Name with --base the model the training began from.");
    m_result.error = total > 0 ? std::sqrt(lost / total) : 0;
    m_result.config.targetModules = targets;
}

double Extractor::approximate(const LinearChange& change, const std::vector<float>& delta)
{
    Linear<float>& linear = *change.base.linear;
    const ConstMatrix<float> matrix(delta.data(), linear.outFeatures(), linear.inFeatures());
    const std::int64_t side = std::min(matrix.rows, matrix.cols);
    const LowRankSvd svd =
        svdOfDense(matrix, m_wishes.size.rank ? std::min(*m_wishes.size.rank, side) : side, linear.name());
    const std::int64_t rank = m_wishes.size.rankFor(svd);
    const LowRankFactors factors = truncated(svd, rank, 1);
    linear.adapter.emplace(linear.name(), matrix.cols, matrix.rows, rank);
    linear.adapter->alpha = static_cast<double>(rank); // so that the scaling is 1
    linear.adapter->scaling = 1;
    std::ranges::copy(factors.a, linear.adapter->a.mutableValue().data);
    std::ranges::copy(factors.b, linear.adapter->b.mutableValue().data);
    const double weightNorm = frobeniusNorm(linear.usedWeight());
    m_result.modules.push_back(
        {linear.name(), rank, truncationError(svd, rank), weightNorm > 0 ? svd.norm / weightNorm : 0});
    return svd.norm;
}

void Extractor::copyOthers()
{
    std::set<std::string> adapted;
    for (const ExtractedModule& module : m_result.modules)
        adapted.insert(module.module + ".weight");
    std::set<std::string> head(m_base.newlyInitialized.begin(), m_base.newlyInitialized.end());
    m_base.visitHeadParameters([&](Parameter<float>& parameter) { head.insert(parameter.name()); });
    std::vector<Parameter<float>*> others;
    m_base.visitParameters([&](Parameter<float>& parameter) {
        if (!isAdapterParameter(parameter.name()) && !adapted.contains(parameter.name()))
            others.push_back(&parameter);
    });
    for (Parameter<float>* parameter : others) {
        const Parameter<float>& tuned = *m_tunedParameters.at(parameter->name());
        if (!areEqual(*parameter, tuned))
            copyOther(*parameter, tuned, head.contains(parameter->name()));
    }
}

void Extractor::copyOther(Parameter<float>& parameter, const Parameter<float>& tuned, bool isHead)
{
    const std::string& name = parameter.name();
    if (m_wishes.isLinearOnly && !isHead) {
        m_result.leftOut.push_back(name);
        return;
    }
    const std::vector<std::string>& extra = m_result.saved;
    const bool isCovered = isInSavedModule(name, savedModules(extra, m_base.task())) ||
                           std::ranges::find(m_base.newlyInitialized, name) != m_base.newlyInitialized.end();
    if (!isCovered) {
        if (name.ends_with(".bias") && !m_wishes.isLinearOnly) {
            m_result.config.bias = "all";
        } else if (!saveModule(moduleOf(name))) {
            m_result.leftOut.push_back(name);
            return;
        }
    }
    copy(parameter, tuned);
    // A tied output layer would keep the base's embeddings in PEFT: it gets its copy of the new ones.
    const Linear<float>* output = m_base.head().outputEmbedding();
    if (output && output->isTied() && &output->usedWeight() == &parameter)
        saveModule(output->name());
}

/// Names the module by its last part where that names no adapted one, as people write modules_to_save.
bool Extractor::saveModule(const std::string& module)
{
    for (const std::string& name : {lastPart(module), module}) {
        const bool isFree = std::ranges::none_of(m_result.modules, [&](const ExtractedModule& adapted) {
            return isInSavedModule(adapted.module + ".weight", {name});
        });
        if (!isFree)
            continue;
        if (std::ranges::find(m_result.saved, name) == m_result.saved.end())
            m_result.saved.push_back(name);
        return true;
    }
    return false;
}

void Extractor::copy(Parameter<float>& parameter, const Parameter<float>& tuned) const
{
    std::vector<float> storage;
    const ConstMatrix<float> values = tuned.readable(storage);
    if (!std::all_of(values.data, values.data + values.size(),
                     [](float value) { return std::isfinite(value); }))
        throw Error(ErrorKind::BadInput, fmt::format("{}: a weight is not a finite number", parameter.name()),
                    "The training diverged or the file is damaged.");
    std::copy(values.data, values.data + values.size(), parameter.mutableValue().data);
}

} // namespace

Extraction extractAdapter(LanguageModel<float>& tuned, LanguageModel<float>& base,
                          const ExtractionWishes& wishes)
{
    mergeAdapters(tuned);
    return Extractor(tuned, base, wishes).run();
}

} // namespace lora
