#include "core/models/token_head.h"

#include "core/nn/branch_dropout.h"
#include "core/nn/losses.h"

namespace lora {

namespace {

template <class T>
class TokenPass : public HeadPass<T>
{
public:
    explicit TokenPass(const TokenHead<T>& head)
        : m_head(head)
    {}

    bool selectRows(const PassContext<T>&, const Batch&, NeededRows&) const override { return false; }

    LossSum forward(PassContext<T>& context, ConstMatrix<T> hidden, const Batch& batch,
                    T gradientScale) override
    {
        Arena& arena = *context.arena;
        const bool isTraining = context.isTraining();
        ConstMatrix<T> features = hidden;
        m_dropoutKey = 0;
        // Question answering has no dropout before its head in any family.
        if (context.isDropoutOn && m_head.dropoutProbability > 0 &&
            m_head.task() == TaskType::TokenClassification) {
            Matrix<T> dropped = arena.matrix<T>(hidden.rows, hidden.cols);
            copyRows<T>(hidden, dropped);
            m_dropoutKey = dropBranch(context, m_head.dropoutProbability, dropped);
            features = dropped;
        }
        m_logits = arena.matrix<T>(hidden.rows, m_head.classifier.outFeatures());
        m_head.classifier.forward(context, features, m_logits, isTraining ? &m_saved : nullptr);
        return loss(context, batch, gradientScale);
    }

    void backward(PassContext<T>& context, Matrix<T> dHidden) override
    {
        m_head.classifier.backward(context, m_saved, m_logitsGradient, dHidden,
                                   dHidden.isEmpty() ? InputGradient::Skip : InputGradient::Write);
        if (!dHidden.isEmpty() && m_dropoutKey != 0)
            dropout<T>(dHidden, m_head.dropoutProbability, m_dropoutKey, dHidden);
    }

    ConstMatrix<T> logits() const override { return m_logits; }

private:
    LossSum loss(PassContext<T>& context, const Batch& batch, T gradientScale)
    {
        const bool isAnswer = m_head.task() == TaskType::QuestionAnswering;
        if (isAnswer ? batch.startPositions.empty() : batch.tokenLabels.empty())
            return {};
        LossSum result;
        result.items = static_cast<std::int64_t>(batch.labelledItems());
        m_logitsGradient = context.arena->template matrix<T>(m_logits.rows, m_logits.cols);
        copyRows<T>(m_logits, m_logitsGradient);
        if (!isAnswer) {
            result.sum = crossEntropyInPlace<T>(m_logitsGradient, batch.tokenLabels, gradientScale);
            return result;
        }
        // Each of the two is half of the loss.
        const T half = gradientScale / 2;
        result.sum = (positionCrossEntropyInPlace<T>(m_logitsGradient.colRange(0, 1), context.offsets,
                                                     batch.startPositions, half) +
                      positionCrossEntropyInPlace<T>(m_logitsGradient.colRange(1, 1), context.offsets,
                                                     batch.endPositions, half)) /
                     2;
        return result;
    }

    const TokenHead<T>& m_head;
    typename Linear<T>::Saved m_saved;
    Matrix<T> m_logits, m_logitsGradient;
    std::uint64_t m_dropoutKey = 0;
};

} // namespace

template <class T>
TokenHead<T>::TokenHead(TaskType task, const std::string& classifierName, std::int64_t hidden,
                        std::int64_t labels)
    : classifier(classifierName, hidden, labels, Bias::Yes)
    , m_task(task)
{}

template <class T>
std::unique_ptr<HeadPass<T>> TokenHead<T>::startPass() const
{
    return std::make_unique<TokenPass<T>>(*this);
}

template <class T>
void TokenHead<T>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    visitLinearParameters(classifier, visit);
}

template <class T>
void TokenHead<T>::visitLinears(const std::function<void(const LinearSite<T>&)>& visit)
{
    visit({&classifier, -1, true});
}

template class TokenHead<float>;
template class TokenHead<double>;

} // namespace lora
