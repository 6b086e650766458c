#include "core/models/language_model.h"

#include <algorithm>

namespace lora {

template <class T>
LanguageModel<T>::LanguageModel(ModelConfig config, TaskType task, std::unique_ptr<Trunk<T>> trunk,
                                std::unique_ptr<TaskHead<T>> head)
    : m_config(std::move(config))
    , m_task(task)
    , m_trunk(std::move(trunk))
    , m_head(std::move(head))
{
    setDropout(m_config.hiddenDropoutProb, m_config.attentionProbsDropoutProb, m_config.classifierDropout);
}

template <class T>
void LanguageModel<T>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    m_trunk->visitParameters(visit);
    m_head->visitParameters(visit);
}

template <class T>
void LanguageModel<T>::visitHeadParameters(const std::function<void(Parameter<T>&)>& visit)
{
    m_head->visitParameters(visit);
}

template <class T>
std::vector<LinearSite<T>> LanguageModel<T>::linears()
{
    std::vector<LinearSite<T>> sites;
    const auto collect = [&](const LinearSite<T>& site) { sites.push_back(site); };
    m_trunk->visitLinears(collect);
    m_head->visitLinears(collect);
    return sites;
}

template <class T>
std::int64_t LanguageModel<T>::parameterCount()
{
    std::int64_t count = 0;
    visitParameters([&](Parameter<T>& parameter) { count += parameter.size(); });
    return count;
}

template <class T>
void LanguageModel<T>::setDropout(double hidden, double attention, double head)
{
    m_trunk->setDropout(hidden, attention);
    m_head->setDropout(head);
}

template <class T>
void LanguageModel<T>::useBFloat16() requires std::is_same_v<T, float>
{
    // What the checkpoint did not have is exported with its adapter folded in, which rounding would spoil.
    const auto use = [this](Parameter<float>& weight) {
        const bool isNew = std::ranges::find(newlyInitialized, weight.name()) != newlyInitialized.end();
        if (weight.exists() && !weight.isTrainable() && !isNew)
            weight.useBFloat16();
    };
    for (const LinearSite<float>& site : linears())
        use(site.linear->weight);
    use(m_trunk->wordEmbeddings());
    refreshMagnitudes();
}

template <class T>
void LanguageModel<T>::setAdapterStrength(double strength)
{
    for (const LinearSite<T>& site : linears())
        if (site.linear->adapter)
            site.linear->adapter->strength = strength;
    refreshMagnitudes();
}

template <class T>
void LanguageModel<T>::refreshMagnitudes()
{
    for (const LinearSite<T>& site : linears())
        site.linear->refreshMagnitude();
}

template <class T>
ModelPass<T>::ModelPass(const LanguageModel<T>& model)
    : m_model(model)
    , m_trunk(model.trunk().startPass())
    , m_head(model.head().startPass())
    , m_hiddenSize(model.config().hiddenSize)
{
    m_context.arena = &m_arena;
}

template <class T>
LossSum ModelPass<T>::evaluate(const Batch& batch)
{
    m_context.gradients = nullptr;
    m_context.isDropoutOn = false;
    return run(batch, T(0));
}

template <class T>
LossSum ModelPass<T>::forward(const Batch& batch, GradientStore<T>& gradients, T gradientScale,
                              std::uint64_t dropoutKey)
{
    m_context.gradients = &gradients;
    m_context.isDropoutOn = true;
    m_context.restartDropout(dropoutKey);
    return run(batch, gradientScale);
}

template <class T>
LossSum ModelPass<T>::run(const Batch& batch, T gradientScale)
{
    m_arena.reset();
    m_context.isHiddenGradientWanted = m_model.trunk().isTrainable();
    m_context.offsets = batch.sequenceOffsets;
    m_context.neededRows = m_head->selectRows(m_context, batch, m_rows) ? &m_rows : nullptr;
    const ConstMatrix<T> hidden = m_trunk->forward(m_context, batch);
    m_hiddenRows = hidden.rows;
    return m_head->forward(m_context, hidden, batch, gradientScale);
}

template <class T>
ConstMatrix<T> ModelPass<T>::prefix(const Batch& batch, int layer)
{
    m_arena.reset();
    m_context.gradients = nullptr;
    m_context.isDropoutOn = false;
    m_context.offsets = batch.sequenceOffsets;
    return m_trunk->forwardPrefix(m_context, batch, layer);
}

template <class T>
void ModelPass<T>::backward()
{
    Matrix<T> dHidden;
    if (m_model.trunk().isTrainable())
        dHidden = m_arena.matrix<T>(m_hiddenRows, m_hiddenSize);
    m_head->backward(m_context, dHidden);
    if (!dHidden.isEmpty())
        m_trunk->backward(m_context, dHidden);
}

template <class T>
void ModelPass<T>::startSequence(std::int64_t capacity)
{
    m_trunk->startSequence(capacity);
}

template <class T>
std::span<const T> ModelPass<T>::nextLogits(std::span<const std::int32_t> ids)
{
    m_arena.reset();
    m_context.gradients = nullptr;
    m_context.isDropoutOn = false;
    const ConstMatrix<T> hidden = m_trunk->extend(m_context, ids);
    static const Batch unlabelled;
    m_head->forward(m_context, hidden.rowRange(hidden.rows - 1, 1), unlabelled, T(0));
    const ConstMatrix<T> logits = m_head->logits();
    return {logits.data, static_cast<std::size_t>(logits.cols)};
}

template class LanguageModel<float>;
template class LanguageModel<double>;
template class ModelPass<float>;
template class ModelPass<double>;

} // namespace lora
