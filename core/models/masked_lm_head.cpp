#include "core/models/masked_lm_head.h"

#include "core/math/gemm.h"
#include "core/nn/losses.h"

namespace lora {

namespace {

/// Rows of logits that exist at one time; large enough for an efficient product.
constexpr std::int64_t chunkRows = 128;

template <class T>
class MaskedLmPass : public HeadPass<T>
{
public:
    explicit MaskedLmPass(const MaskedLmHead<T>& head)
        : m_head(head)
    {}

    LossSum forward(PassContext<T>& context, ConstMatrix<T> hidden, const Batch& batch,
                    T gradientScale) override
    {
        Arena& arena = *context.arena;
        // Without labels (prediction) every token's logits are wanted, all at once.
        m_rows.clear();
        m_labels.clear();
        const bool hasLabels = !batch.tokenLabels.empty();
        for (std::int64_t token = 0; token < context.tokens(); ++token) {
            if (hasLabels && batch.tokenLabels[token] == ignoredLabel)
                continue;
            m_rows.push_back(static_cast<std::int32_t>(token));
            if (hasLabels)
                m_labels.push_back(batch.tokenLabels[token]);
        }
        const auto count = static_cast<std::int64_t>(m_rows.size());
        Matrix<T> gathered = arena.matrix<T>(count, hidden.cols);
        for (std::int64_t r = 0; r < count; ++r)
            std::copy_n(hidden.row(m_rows[r]), hidden.cols, gathered.row(r));
        const bool isTraining = context.isTraining();
        m_dense = arena.matrix<T>(count, hidden.cols);
        m_head.dense.forward(context, gathered, m_dense, isTraining ? &m_denseSaved : nullptr);
        Matrix<T> activated = arena.matrix<T>(count, hidden.cols);
        activate<T>(m_head.activation, m_dense, activated);
        Matrix<T> normed = arena.matrix<T>(count, hidden.cols);
        m_head.norm.forward(context, activated, normed, isTraining ? &m_normSaved : nullptr);
        if (hasLabels)
            return chunkedLoss(context, normed, gradientScale);
        m_logits = arena.matrix<T>(count, m_head.word->value().rows);
        writeLogits(normed, m_logits);
        return {};
    }

    void backward(PassContext<T>& context, Matrix<T> dHidden) override
    {
        const ArenaScope scope(*context.arena);
        m_head.norm.backward(context, m_normSaved, m_normedGradient);
        activateBackward<T>(m_head.activation, m_dense, m_normedGradient, m_normedGradient);
        Matrix<T> dGathered;
        if (!dHidden.isEmpty())
            dGathered = context.arena->template matrix<T>(m_dense.rows, m_dense.cols);
        m_head.dense.backward(context, m_denseSaved, m_normedGradient, dGathered,
                              dHidden.isEmpty() ? InputGradient::Skip : InputGradient::Write);
        if (dHidden.isEmpty())
            return;
        std::fill_n(dHidden.data, dHidden.size(), T(0));
        for (std::int64_t r = 0; r < dGathered.rows; ++r)
            std::copy_n(dGathered.row(r), dGathered.cols, dHidden.row(m_rows[r]));
    }

    ConstMatrix<T> logits() const override { return m_logits; }

private:
    void writeLogits(ConstMatrix<T> normed, Matrix<T> logits) const
    {
        multiplyByTransposed<T>(normed, m_head.word->value(), logits);
        addBias<T>(logits, m_head.bias.data());
    }

    /// Loss and, when training, the gradient of `normed` and the decoder's gradients, chunk by chunk: each
    /// chunk's logits become their own gradient in place.
    LossSum chunkedLoss(PassContext<T>& context, ConstMatrix<T> normed, T gradientScale)
    {
        Arena& arena = *context.arena;
        const bool isTraining = context.isTraining();
        if (isTraining)
            m_normedGradient = arena.matrix<T>(normed.rows, normed.cols);
        const ArenaScope scope(arena);
        Matrix<T> logits = arena.matrix<T>(std::min(chunkRows, normed.rows), m_head.word->value().rows);
        LossSum loss{0, normed.rows};
        for (std::int64_t first = 0; first < normed.rows; first += chunkRows) {
            const std::int64_t rows = std::min(chunkRows, normed.rows - first);
            const Matrix<T> chunk = logits.rowRange(0, rows);
            const std::span labels(m_labels.data() + first, static_cast<std::size_t>(rows));
            writeLogits(normed.rowRange(first, rows), chunk);
            if (!isTraining) {
                loss.sum += crossEntropySum<T>(chunk, labels);
                continue;
            }
            loss.sum += crossEntropyInPlace<T>(chunk, labels, gradientScale);
            gemm<T>(Transpose::No, Transpose::No, T(1), chunk, m_head.word->value(), T(0),
                    m_normedGradient.rowRange(first, rows));
            if (m_head.word->isTrainable())
                gemm<T>(Transpose::Yes, Transpose::No, T(1), chunk, normed.rowRange(first, rows), T(1),
                        context.gradients->of(*m_head.word));
            if (m_head.bias.isTrainable())
                addColumnSums<T>(chunk, context.gradients->of(m_head.bias).data);
        }
        return loss;
    }

    const MaskedLmHead<T>& m_head;
    std::vector<std::int32_t> m_rows, m_labels;
    typename Linear<T>::Saved m_denseSaved;
    typename LayerNorm<T>::Saved m_normSaved;
    Matrix<T> m_dense, m_normedGradient, m_logits;
};

} // namespace

template <class T>
MaskedLmHead<T>::MaskedLmHead(const std::string& prefix, Parameter<T>& wordEmbeddings, Activation function,
                              double normEpsilon)
    : dense(prefix + ".transform.dense", wordEmbeddings.value().cols, wordEmbeddings.value().cols, Bias::Yes)
    , norm(prefix + ".transform.LayerNorm", wordEmbeddings.value().cols, normEpsilon)
    , bias(prefix + ".bias", {wordEmbeddings.value().rows})
    , word(&wordEmbeddings)
    , activation(function)
{}

template <class T>
std::unique_ptr<HeadPass<T>> MaskedLmHead<T>::startPass() const
{
    return std::make_unique<MaskedLmPass<T>>(*this);
}

template <class T>
void MaskedLmHead<T>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    visitLinearParameters(dense, visit);
    visit(norm.weight);
    visit(norm.bias);
    visit(bias);
}

template <class T>
void MaskedLmHead<T>::visitLinears(const std::function<void(const LinearSite<T>&)>& visit)
{
    visit({&dense, -1, false});
}

template class MaskedLmHead<float>;
template class MaskedLmHead<double>;

} // namespace lora
