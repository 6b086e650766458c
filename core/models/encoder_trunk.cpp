#include "core/models/encoder_trunk.h"

namespace lora {

namespace {

template <class T>
class EncoderTrunkPass : public TrunkPass<T>
{
public:
    explicit EncoderTrunkPass(const EncoderTrunk<T>& trunk)
        : m_trunk(trunk)
        , m_saved(trunk.blocks().size())
    {}

    ConstMatrix<T> forward(PassContext<T>& context, const Batch& batch) override
    {
        const auto& blocks = m_trunk.blocks();
        const std::int64_t hidden = m_trunk.embeddings().word.value().cols;
        const auto takeRows = [&] { return context.arena->template matrix<T>(context.tokens(), hidden); };
        m_lowest = context.isTraining() ? m_trunk.lowestTrainable() : static_cast<int>(blocks.size());

        Matrix<T> x = takeRows();
        m_trunk.embeddings().forward(context, batch.inputIds, batch.tokenTypeIds, x,
                                     m_lowest < 0 ? &m_embeddingsSaved : nullptr);
        // Below the cut nothing is kept: two buffers take turns.
        Matrix<T> spare = m_lowest > 0 ? takeRows() : Matrix<T>();
        for (int i = 0; i < static_cast<int>(blocks.size()); ++i) {
            const bool isKept = i >= m_lowest;
            Matrix<T> y = isKept ? takeRows() : spare;
            blocks[i].forward(context, x, y, isKept ? &m_saved[i] : nullptr);
            if (!isKept)
                spare = x;
            x = y;
        }
        return x;
    }

    void backward(PassContext<T>& context, Matrix<T> dHidden) override
    {
        const auto& blocks = m_trunk.blocks();
        for (int i = static_cast<int>(blocks.size()) - 1; i >= std::max(m_lowest, 0); --i)
            blocks[i].backward(context, m_saved[i], dHidden,
                               i == m_lowest ? InputGradient::Skip : InputGradient::Write);
        if (m_lowest < 0)
            m_trunk.embeddings().backward(context, m_embeddingsSaved, dHidden);
    }

private:
    const EncoderTrunk<T>& m_trunk;
    typename EncoderEmbeddings<T>::Saved m_embeddingsSaved;
    std::vector<typename PostNormBlock<T>::Saved> m_saved;
    int m_lowest = 0;
};

} // namespace

template <class T>
EncoderTrunk<T>::EncoderTrunk(EncoderEmbeddings<T> embeddings, std::vector<PostNormBlock<T>> blocks)
    : m_embeddings(std::move(embeddings))
    , m_blocks(std::move(blocks))
{}

template <class T>
std::unique_ptr<TrunkPass<T>> EncoderTrunk<T>::startPass() const
{
    return std::make_unique<EncoderTrunkPass<T>>(*this);
}

template <class T>
int EncoderTrunk<T>::lowestTrainable() const
{
    if (m_embeddings.isTrainable())
        return -1;
    int lowest = 0;
    while (lowest < static_cast<int>(m_blocks.size()) && !m_blocks[lowest].isTrainable())
        ++lowest;
    return lowest;
}

template <class T>
void EncoderTrunk<T>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    m_embeddings.visitParameters(visit);
    for (PostNormBlock<T>& block : m_blocks)
        block.visitParameters(visit);
}

template <class T>
void EncoderTrunk<T>::visitLinears(const std::function<void(const LinearSite<T>&)>& visit)
{
    for (int i = 0; i < static_cast<int>(m_blocks.size()); ++i)
        m_blocks[i].visitLinears([&](Linear<T>& linear) { visit({&linear, i, false}); });
}

template <class T>
void EncoderTrunk<T>::setDropout(double hidden, double attention)
{
    m_embeddings.dropoutProbability = hidden;
    for (PostNormBlock<T>& block : m_blocks) {
        block.dropoutProbability = hidden;
        block.attention.dropoutProbability = attention;
    }
}

template class EncoderTrunk<float>;
template class EncoderTrunk<double>;

} // namespace lora
