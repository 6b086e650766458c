#include "core/models/sequence_head.h"

#include "core/base/error.h"
#include "core/nn/branch_dropout.h"
#include "core/nn/losses.h"

#include <fmt/format.h>

namespace lora {

namespace {

template <class T>
class SequencePass : public HeadPass<T>
{
public:
    explicit SequencePass(const SequenceHead<T>& head)
        : m_head(head)
    {}

    bool selectRows(const PassContext<T>& context, const Batch&, NeededRows& rows) const override
    {
        rows.clear();
        for (std::size_t s = 0; s + 1 < context.offsets.size(); ++s) {
            rows.tokens.push_back(m_head.shape().isLastToken ? context.offsets[s + 1] - 1
                                                             : context.offsets[s]);
            rows.endSequence();
        }
        return true;
    }

    LossSum forward(PassContext<T>& context, ConstMatrix<T> hidden, const Batch& batch,
                    T gradientScale) override
    {
        Arena& arena = *context.arena;
        const bool isTraining = context.isTraining();
        Matrix<T> features = arena.matrix<T>(hidden.rows, hidden.cols);
        copyRows<T>(hidden, features); // dropout works in place
        m_firstKey = 0;
        if (m_head.dense) {
            if (m_head.shape().hasDropoutBefore)
                m_firstKey = dropBranch(context, m_head.dropoutProbability, features);
            m_preActivation = arena.matrix<T>(features.rows, features.cols);
            m_head.dense->forward(context, features, m_preActivation, isTraining ? &m_denseSaved : nullptr);
            features = arena.matrix<T>(features.rows, features.cols);
            activate<T>(m_head.shape().denseActivation, m_preActivation, features);
        }
        m_secondKey = dropBranch(context, m_head.dropoutProbability, features);
        m_logits = arena.matrix<T>(features.rows, m_head.classifier.outFeatures());
        m_head.classifier.forward(context, features, m_logits, isTraining ? &m_classifierSaved : nullptr);
        return loss(context, batch, gradientScale);
    }

    void backward(PassContext<T>& context, Matrix<T> dHidden) override
    {
        Arena& arena = *context.arena;
        const ArenaScope scope(arena);
        const bool isBelowWanted = !dHidden.isEmpty();
        const bool isDenseWanted = m_head.dense && (isBelowWanted || m_head.dense->isTrainable());
        Matrix<T> dFeatures;
        if (isBelowWanted || isDenseWanted)
            dFeatures = arena.matrix<T>(m_logits.rows, m_head.shape().hidden);
        m_head.classifier.backward(context, m_classifierSaved, m_logitsGradient, dFeatures,
                                   dFeatures.isEmpty() ? InputGradient::Skip : InputGradient::Write);
        if (dFeatures.isEmpty())
            return;
        undrop(m_secondKey, dFeatures);
        if (m_head.dense) {
            activateBackward<T>(m_head.shape().denseActivation, m_preActivation, dFeatures, dFeatures);
            Matrix<T> dInput;
            if (isBelowWanted)
                dInput = arena.matrix<T>(dFeatures.rows, dFeatures.cols);
            m_head.dense->backward(context, m_denseSaved, dFeatures, dInput,
                                   isBelowWanted ? InputGradient::Write : InputGradient::Skip);
            dFeatures = dInput;
        }
        if (!isBelowWanted)
            return;
        undrop(m_firstKey, dFeatures);
        copyRows<T>(dFeatures, dHidden);
    }

    ConstMatrix<T> logits() const override { return m_logits; }

private:
    void undrop(std::uint64_t key, Matrix<T> gradient) const
    {
        if (key != 0)
            dropout<T>(gradient, m_head.dropoutProbability, key, gradient);
    }

    LossSum loss(PassContext<T>& context, const Batch& batch, T gradientScale)
    {
        const bool isClass = m_head.task() == TaskType::SequenceClassification;
        if (isClass ? batch.classLabels.empty() : batch.targets.empty())
            return {};
        if (!isClass && static_cast<std::int64_t>(batch.targets.size()) != m_logits.size())
            throw Error(ErrorKind::Internal, fmt::format("{} targets for {} outputs of the model",
                                                         batch.targets.size(), m_logits.size()));
        LossSum result;
        result.items = static_cast<std::int64_t>(batch.labelledItems());
        // Losses write gradients in place; logits stay what they are.
        m_logitsGradient = context.arena->template matrix<T>(m_logits.rows, m_logits.cols);
        copyRows<T>(m_logits, m_logitsGradient);
        if (isClass)
            result.sum = crossEntropyInPlace<T>(m_logitsGradient, batch.classLabels, gradientScale);
        else if (m_head.task() == TaskType::MultiLabelClassification)
            result.sum = binaryCrossEntropyInPlace<T>(m_logitsGradient, batch.targets, gradientScale);
        else
            result.sum = squaredErrorInPlace<T>(m_logitsGradient, batch.targets, gradientScale);
        return result;
    }

    const SequenceHead<T>& m_head;
    typename Linear<T>::Saved m_denseSaved, m_classifierSaved;
    Matrix<T> m_preActivation, m_logits, m_logitsGradient;
    std::uint64_t m_firstKey = 0, m_secondKey = 0;
};

} // namespace

template <class T>
SequenceHead<T>::SequenceHead(TaskType task, const SequenceHeadShape& shape)
    : classifier(shape.classifierName, shape.hidden, shape.labels, shape.classifierBias)
    , m_task(task)
    , m_shape(shape)
{
    if (!shape.denseName.empty())
        dense.emplace(shape.denseName, shape.hidden, shape.hidden, Bias::Yes);
}

template <class T>
std::unique_ptr<HeadPass<T>> SequenceHead<T>::startPass() const
{
    return std::make_unique<SequencePass<T>>(*this);
}

template <class T>
void SequenceHead<T>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    if (dense)
        visitLinearParameters(*dense, visit);
    visitLinearParameters(classifier, visit);
}

template <class T>
void SequenceHead<T>::visitLinears(const std::function<void(const LinearSite<T>&)>& visit)
{
    if (dense)
        visit({&*dense, -1, m_shape.isDenseInHead});
    visit({&classifier, -1, true});
}

template class SequenceHead<float>;
template class SequenceHead<double>;

} // namespace lora
