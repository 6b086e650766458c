#include "core/models/sequence_classification_head.h"

#include "core/math/elementwise.h"
#include "core/nn/losses.h"

namespace lora {

namespace {

template <class T>
class SequenceClassificationPass : public HeadPass<T>
{
public:
    explicit SequenceClassificationPass(const SequenceClassificationHead<T>& head)
        : m_head(head)
    {}

    LossSum forward(PassContext<T>& context, ConstMatrix<T> hidden, const Batch& batch,
                    T gradientScale) override
    {
        Arena& arena = *context.arena;
        const std::int64_t sequences = context.sequences();
        Matrix<T> first = arena.matrix<T>(sequences, hidden.cols);
        for (std::int64_t s = 0; s < sequences; ++s)
            std::copy_n(hidden.row(context.offsets[s]), hidden.cols, first.row(s));
        m_pooled = arena.matrix<T>(sequences, hidden.cols);
        const bool isTraining = context.isTraining();
        m_head.pooler.forward(context, first, m_pooled, isTraining ? &m_poolerSaved : nullptr);
        tanhForward<T>(m_pooled, m_pooled);
        ConstMatrix<T> features = m_pooled;
        m_dropoutKey = 0;
        if (context.isDropoutOn && m_head.dropoutProbability > 0) {
            m_dropoutKey = context.nextDropoutKey();
            Matrix<T> dropped = arena.matrix<T>(sequences, hidden.cols);
            dropout<T>(m_pooled, m_head.dropoutProbability, m_dropoutKey, dropped);
            features = dropped;
        }
        m_logits = arena.matrix<T>(sequences, m_head.classifier.outFeatures());
        m_head.classifier.forward(context, features, m_logits, isTraining ? &m_classifierSaved : nullptr);
        return loss(context, batch, gradientScale);
    }

    void backward(PassContext<T>& context, Matrix<T> dHidden) override
    {
        const ArenaScope scope(*context.arena);
        const bool isPoolerReached = m_head.pooler.isTrainable() || !dHidden.isEmpty();
        Matrix<T> dPooled;
        if (isPoolerReached)
            dPooled = context.arena->template matrix<T>(m_pooled.rows, m_pooled.cols);
        m_head.classifier.backward(context, m_classifierSaved, m_logitsGradient, dPooled,
                                   isPoolerReached ? InputGradient::Write : InputGradient::Skip);
        if (!isPoolerReached)
            return;
        if (m_dropoutKey != 0)
            dropout<T>(dPooled, m_head.dropoutProbability, m_dropoutKey, dPooled);
        tanhBackward<T>(m_pooled, dPooled, dPooled);
        Matrix<T> dFirst;
        if (!dHidden.isEmpty())
            dFirst = context.arena->template matrix<T>(m_pooled.rows, m_pooled.cols);
        m_head.pooler.backward(context, m_poolerSaved, dPooled, dFirst,
                               dHidden.isEmpty() ? InputGradient::Skip : InputGradient::Write);
        if (dHidden.isEmpty())
            return;
        std::fill_n(dHidden.data, dHidden.size(), T(0));
        for (std::int64_t s = 0; s < context.sequences(); ++s)
            std::copy_n(dFirst.row(s), dFirst.cols, dHidden.row(context.offsets[s]));
    }

    ConstMatrix<T> logits() const override { return m_logits; }

private:
    LossSum loss(PassContext<T>& context, const Batch& batch, T gradientScale)
    {
        if (batch.classLabels.empty())
            return {};
        LossSum result;
        result.items = static_cast<std::int64_t>(batch.labelledItems());
        if (!context.isTraining()) {
            result.sum = crossEntropySum<T>(m_logits, batch.classLabels);
            return result;
        }
        m_logitsGradient = context.arena->template matrix<T>(m_logits.rows, m_logits.cols);
        copyRows<T>(m_logits, m_logitsGradient);
        result.sum = crossEntropyInPlace<T>(m_logitsGradient, batch.classLabels, gradientScale);
        return result;
    }

    const SequenceClassificationHead<T>& m_head;
    typename Linear<T>::Saved m_poolerSaved, m_classifierSaved;
    Matrix<T> m_pooled, m_logits, m_logitsGradient;
    std::uint64_t m_dropoutKey = 0;
};

} // namespace

template <class T>
SequenceClassificationHead<T>::SequenceClassificationHead(const std::string& poolerName,
                                                          const std::string& classifierName,
                                                          std::int64_t hidden, std::int64_t labels)
    : pooler(poolerName, hidden, hidden, Bias::Yes)
    , classifier(classifierName, hidden, labels, Bias::Yes)
{}

template <class T>
std::unique_ptr<HeadPass<T>> SequenceClassificationHead<T>::startPass() const
{
    return std::make_unique<SequenceClassificationPass<T>>(*this);
}

template <class T>
void SequenceClassificationHead<T>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    visitLinearParameters(pooler, visit);
    visitLinearParameters(classifier, visit);
}

template <class T>
void SequenceClassificationHead<T>::visitLinears(const std::function<void(const LinearSite<T>&)>& visit)
{
    visit({&pooler, -1, false});
    visit({&classifier, -1, true});
}

template class SequenceClassificationHead<float>;
template class SequenceClassificationHead<double>;

} // namespace lora
