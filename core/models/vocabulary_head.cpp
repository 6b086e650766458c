#include "core/models/vocabulary_head.h"

#include "core/nn/losses.h"

namespace lora {

namespace {

template <class T>
class VocabularyPass : public HeadPass<T>
{
public:
    explicit VocabularyPass(const VocabularyHead<T>& head)
        : m_head(head)
    {}

    bool selectRows(const PassContext<T>& context, const Batch& batch, NeededRows& rows) const override
    {
        if (batch.tokenLabels.empty())
            return false; // prediction: every row's logits are wanted
        rows.clear();
        for (std::size_t s = 0; s + 1 < context.offsets.size(); ++s) {
            for (std::int32_t token = context.offsets[s]; token < context.offsets[s + 1]; ++token)
                if (batch.tokenLabels[static_cast<std::size_t>(token)] != ignoredLabel)
                    rows.tokens.push_back(token);
            rows.endSequence();
        }
        return true;
    }

    LossSum forward(PassContext<T>& context, ConstMatrix<T> hidden, const Batch& batch,
                    T gradientScale) override
    {
        const ConstMatrix<T> features = transform(context, hidden);
        if (!batch.tokenLabels.empty()) {
            m_labels.clear();
            for (const std::int32_t label : batch.tokenLabels)
                if (label != ignoredLabel)
                    m_labels.push_back(label);
            return chunkedLoss(context, features, gradientScale);
        }
        m_logits = context.arena->template matrix<T>(features.rows, m_head.decoder.outFeatures());
        m_head.decoder.forward(context, features, m_logits, nullptr);
        return {};
    }

    void backward(PassContext<T>& context, Matrix<T> dHidden) override
    {
        const ArenaScope scope(*context.arena);
        Matrix<T> dRows = m_featureGradient;
        if (dRows.isEmpty())
            return;
        if (m_head.dense) {
            m_head.norm.backward(context, m_normSaved, dRows);
            activateBackward<T>(m_head.activation, m_preActivation, dRows, dRows);
            m_head.dense->backward(context, m_denseSaved, dRows, dHidden,
                                   dHidden.isEmpty() ? InputGradient::Skip : InputGradient::Write);
            return;
        }
        if (!dHidden.isEmpty())
            copyRows<T>(dRows, dHidden);
    }

    ConstMatrix<T> logits() const override { return m_logits; }
    std::span<const ItemLoss> itemLosses() const override { return m_itemLosses; }

private:
    ConstMatrix<T> transform(PassContext<T>& context, ConstMatrix<T> rows)
    {
        if (!m_head.dense)
            return rows;
        Arena& arena = *context.arena;
        const bool isTraining = context.isTraining();
        const std::int64_t width = m_head.dense->outFeatures();
        m_preActivation = arena.matrix<T>(rows.rows, width);
        m_head.dense->forward(context, rows, m_preActivation, isTraining ? &m_denseSaved : nullptr);
        Matrix<T> activated = arena.matrix<T>(rows.rows, width);
        activate<T>(m_head.activation, m_preActivation, activated);
        Matrix<T> normed = arena.matrix<T>(rows.rows, width);
        m_head.norm.forward(context, activated, normed, isTraining ? &m_normSaved : nullptr);
        return normed;
    }

    /// Loss and, when training, the gradient of the features and the decoder's gradients, chunk by chunk:
    /// each chunk's logits become their own gradient in place.
    LossSum chunkedLoss(PassContext<T>& context, ConstMatrix<T> features, T gradientScale)
    {
        Arena& arena = *context.arena;
        const bool isTraining = context.isTraining();
        const bool isTransformTrained =
            m_head.dense && (m_head.dense->isTrainable() || m_head.norm.isTrainable());
        m_featureGradient = {};
        if (isTraining && (context.isHiddenGradientWanted || isTransformTrained))
            m_featureGradient = arena.matrix<T>(features.rows, features.cols);
        const ArenaScope scope(arena);
        const std::int64_t chunkRows = vocabularyChunk(m_head.decoder.outFeatures());
        Matrix<T> logits = arena.matrix<T>(std::min(chunkRows, features.rows), m_head.decoder.outFeatures());
        LossSum loss{0, features.rows, 0};
        m_itemLosses.clear();
        for (std::int64_t first = 0; first < features.rows; first += chunkRows) {
            const ArenaScope chunkScope(arena);
            const std::int64_t rows = std::min(chunkRows, features.rows - first);
            const Matrix<T> chunk = logits.rowRange(0, rows);
            const std::span labels(m_labels.data() + first, static_cast<std::size_t>(rows));
            typename Linear<T>::Saved saved;
            m_head.decoder.forward(context, features.rowRange(first, rows), chunk,
                                   isTraining ? &saved : nullptr);
            if (!isTraining) {
                evaluateChunk(chunk, labels, loss);
                continue;
            }
            loss.sum += crossEntropyInPlace<T>(chunk, labels, gradientScale);
            const bool isWanted = !m_featureGradient.isEmpty();
            m_head.decoder.backward(context, saved, chunk,
                                    isWanted ? m_featureGradient.rowRange(first, rows) : Matrix<T>(),
                                    isWanted ? InputGradient::Write : InputGradient::Skip);
        }
        return loss;
    }

    void evaluateChunk(ConstMatrix<T> logits, std::span<const std::int32_t> labels, LossSum& loss)
    {
        double sum = 0;
        for (std::int64_t r = 0; r < logits.rows; ++r) {
            const auto label = labels.subspan(static_cast<std::size_t>(r), 1);
            const ItemLoss item{crossEntropySum<T>(logits.rowRange(r, 1), label),
                                countCorrect<T>(logits.rowRange(r, 1), label) > 0};
            m_itemLosses.push_back(item);
            sum += item.loss;
            loss.correct += item.isCorrect ? 1 : 0;
        }
        loss.sum += sum;
    }

    const VocabularyHead<T>& m_head;
    std::vector<std::int32_t> m_labels;
    std::vector<ItemLoss> m_itemLosses; ///< its storage is used again
    typename Linear<T>::Saved m_denseSaved;
    typename Norm<T>::Saved m_normSaved;
    Matrix<T> m_preActivation, m_featureGradient, m_logits;
};

} // namespace

std::int64_t vocabularyChunk(std::int64_t vocabulary)
{
    constexpr std::int64_t most = 8 << 20; // numbers
    return std::clamp<std::int64_t>(most / std::max<std::int64_t>(1, vocabulary), 64, 256);
}

template <class T>
VocabularyHead<T>::VocabularyHead(const VocabularyHeadShape& shape, Parameter<T>& word)
    : decoder(shape.isTied ? Linear<T>(shape.decoderName, word, shape.decoderBiasName)
                           : Linear<T>(shape.decoderName, word.value().cols, word.value().rows,
                                       shape.decoderBiasName.empty() ? Bias::None : Bias::Yes))
    , activation(shape.activation)
{
    if (!shape.isTied && !shape.decoderBiasName.empty())
        decoder.bias = Parameter<T>(shape.decoderBiasName, {word.value().rows});
    if (!shape.denseName.empty()) {
        dense.emplace(shape.denseName, shape.hidden, word.value().cols, Bias::Yes);
        norm = Norm<T>(shape.normName, word.value().cols, shape.normEpsilon);
    }
}

template <class T>
std::unique_ptr<HeadPass<T>> VocabularyHead<T>::startPass() const
{
    return std::make_unique<VocabularyPass<T>>(*this);
}

template <class T>
void VocabularyHead<T>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    if (dense) {
        visitLinearParameters(*dense, visit);
        visitNormParameters(norm, visit);
    }
    visitLinearParameters(decoder, visit);
}

template <class T>
void VocabularyHead<T>::visitLinears(const std::function<void(const LinearSite<T>&)>& visit)
{
    if (dense)
        visit({&*dense, -1, false});
    visit({&decoder, -1, true});
}

template class VocabularyHead<float>;
template class VocabularyHead<double>;

} // namespace lora
