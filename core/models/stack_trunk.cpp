#include "core/models/stack_trunk.h"

#include "core/base/error.h"

namespace lora {

namespace {

std::int64_t longestOf(std::span<const std::int32_t> offsets)
{
    std::int64_t length = 0;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        length = std::max<std::int64_t>(length, offsets[s + 1] - offsets[s]);
    return length;
}

template <class T, template <class> class Block>
class StackTrunkPass : public TrunkPass<T>
{
public:
    explicit StackTrunkPass(const StackTrunk<T, Block>& trunk)
        : m_trunk(trunk)
        , m_saved(static_cast<std::size_t>(trunk.layers()))
    {
        if (trunk.parts().rotary) {
            const auto& attention = trunk.block(0).attention.shape();
            m_rotary = RotaryTable<T>(*trunk.parts().rotary, attention.headDim);
        }
    }

    ConstMatrix<T> forward(PassContext<T>& context, const Batch& batch) override
    {
        const auto& parts = m_trunk.parts();
        const int layers = m_trunk.layers();
        m_lowest = context.isTraining() ? m_trunk.lowestTrainable() : layers;
        prepareRotary(context, longestOf(context.offsets));

        const int first = batch.prefix ? batch.prefix->layer : 0;
        Matrix<T> x =
            batch.prefix ? gatherPrefix(context, batch) : embed(context, batch.inputIds, batch.tokenTypeIds);
        // Below the cut nothing is kept: two buffers take turns.
        Matrix<T> spare = m_lowest > first ? takeRows(context, x.rows) : Matrix<T>();
        for (int i = first; i < layers; ++i) {
            const bool isKept = i >= m_lowest;
            const NeededRows* rows = i == layers - 1 ? context.neededRows : nullptr;
            Matrix<T> y = rows     ? takeRows(context, rows->count())
                          : isKept ? takeRows(context, x.rows)
                                   : spare;
            typename Block<T>::Saved* saved = isKept ? &m_saved[static_cast<std::size_t>(i)] : nullptr;
            if (isKept && m_isCheckpointing) {
                m_checkpoints[static_cast<std::size_t>(i)] = {x, y.rows, rows, context.dropoutsDrawn()};
                saved = nullptr;
            }
            m_trunk.block(i).forward(context, x, y, saved, rows);
            if (!isKept)
                spare = x;
            x = y;
        }
        if (first == layers && context.neededRows) { // all of the trunk is known already
            Matrix<T> needed = takeRows(context, context.neededRows->count());
            gatherRows<T>(x, *context.neededRows, needed);
            x = needed;
        }
        if (!parts.finalNorm.exists())
            return x;
        m_isNormKept = context.isTraining() && m_trunk.isTrainable();
        Matrix<T> y = takeRows(context, x.rows);
        parts.finalNorm.forward(context, x, y, m_isNormKept ? &m_finalNormSaved : nullptr);
        return y;
    }

    ConstMatrix<T> forwardPrefix(PassContext<T>& context, const Batch& batch, int layer) override
    {
        LORA_ASSERT(layer > 0 && layer <= m_trunk.lowestTrainable());
        m_lowest = m_trunk.layers();
        prepareRotary(context, longestOf(context.offsets));
        Matrix<T> x = embed(context, batch.inputIds, batch.tokenTypeIds);
        Matrix<T> y = takeRows(context, x.rows);
        for (int i = 0; i < layer; ++i) {
            m_trunk.block(i).forward(context, x, y, nullptr);
            std::swap(x, y);
        }
        return x;
    }

    void backward(PassContext<T>& context, Matrix<T> dHidden) override
    {
        const auto& parts = m_trunk.parts();
        if (parts.finalNorm.exists())
            parts.finalNorm.backward(context, m_finalNormSaved, dHidden);
        for (int i = m_trunk.layers() - 1; i >= std::max(m_lowest, 0); --i) {
            const bool isLowest = i == m_lowest;
            Matrix<T> dx = dHidden;
            if (!isLowest && dHidden.rows != context.tokens())
                dx = takeRows(context, context.tokens());
            blockBackward(context, i, dHidden, dx, isLowest ? InputGradient::Skip : InputGradient::Write);
            dHidden = dx;
        }
        if (m_lowest < 0)
            embedBackward(context, dHidden);
    }

    void setGradientCheckpointing(bool isOn) override
    {
        m_isCheckpointing = isOn;
        m_checkpoints.resize(isOn ? static_cast<std::size_t>(m_trunk.layers()) : 0);
    }

    void startSequence(std::int64_t capacity) override
    {
        if constexpr (isExtensible) {
            const AttentionShape& shape = m_trunk.block(0).attention.shape();
            const auto layerSize = static_cast<std::size_t>(2 * capacity * shape.keyValueSize());
            m_cacheValues.assign(layerSize * static_cast<std::size_t>(m_trunk.layers()), T(0));
            m_caches.clear();
            for (int i = 0; i < m_trunk.layers(); ++i) {
                T* keys = m_cacheValues.data() + layerSize * static_cast<std::size_t>(i);
                m_caches.push_back({Matrix<T>(keys, capacity, shape.keyValueSize()),
                                    Matrix<T>(keys + layerSize / 2, capacity, shape.keyValueSize()), 0});
            }
        } else {
            static_cast<void>(capacity);
            throw Error(ErrorKind::BadUsage, "this model is an encoder: it cannot continue a text",
                        "Use a causal language model such as builtin:decoder, GPT-2 or Llama.");
        }
    }

    ConstMatrix<T> extend(PassContext<T>& context, std::span<const std::int32_t> ids) override
    {
        if constexpr (isExtensible) {
            LORA_ASSERT(!m_caches.empty());
            const std::vector<std::int32_t> offsets{0, static_cast<std::int32_t>(ids.size())};
            context.offsets = offsets;
            context.firstPosition = m_caches.front().length;
            prepareRotary(context, context.firstPosition + static_cast<std::int64_t>(ids.size()));
            m_lowest = m_trunk.layers();
            Matrix<T> x = embed(context, ids, {});
            Matrix<T> y = takeRows(context, x.rows);
            for (int i = 0; i < m_trunk.layers(); ++i) {
                m_trunk.block(i).extend(context, x, y, m_caches[static_cast<std::size_t>(i)]);
                std::swap(x, y);
            }
            context.firstPosition = 0;
            context.offsets = {};
            if (!m_trunk.parts().finalNorm.exists())
                return x;
            m_trunk.parts().finalNorm.forward(context, x, y, nullptr);
            return y;
        } else {
            static_cast<void>(context);
            static_cast<void>(ids);
            return {};
        }
    }

private:
    static constexpr bool isExtensible = std::is_same_v<Block<T>, PreNormBlock<T>>;

    /// All that is needed to go through a block once more.
    struct Checkpoint
    {
        ConstMatrix<T> x;
        std::int64_t rowsOfY = 0;
        const NeededRows* rows = nullptr;
        std::uint64_t dropoutsDrawn = 0;
    };

    void blockBackward(PassContext<T>& context, int layer, Matrix<T> dy, Matrix<T> dx,
                       InputGradient inputGradient)
    {
        typename Block<T>::Saved& saved = m_saved[static_cast<std::size_t>(layer)];
        const ArenaScope scope(*context.arena);
        if (m_isCheckpointing) {
            const Checkpoint& checkpoint = m_checkpoints[static_cast<std::size_t>(layer)];
            context.returnTo(checkpoint.dropoutsDrawn);
            m_trunk.block(layer).forward(context, checkpoint.x, takeRows(context, checkpoint.rowsOfY), &saved,
                                         checkpoint.rows);
        }
        m_trunk.block(layer).backward(context, saved, dy, dx, inputGradient);
    }

    Matrix<T> takeRows(PassContext<T>& context, std::int64_t rows) const
    {
        return context.arena->template matrix<T>(rows, m_trunk.hiddenSize());
    }

    void prepareRotary(PassContext<T>& context, std::int64_t length)
    {
        if (!m_rotary.exists())
            return;
        m_rotary.extendTo(length);
        context.rotary = &m_rotary;
    }

    Matrix<T> embed(PassContext<T>& context, std::span<const std::int32_t> ids,
                    std::span<const std::int32_t> types)
    {
        const auto& parts = m_trunk.parts();
        const auto rows = static_cast<std::int64_t>(ids.size());
        auto* saved = m_lowest < 0 ? &m_embeddingsSaved : nullptr;
        if (!parts.projection) {
            Matrix<T> x = takeRows(context, rows);
            parts.embeddings.forward(context, ids, types, x, saved);
            return x;
        }
        Matrix<T> x = takeRows(context, rows);
        Matrix<T> narrow = context.arena->template matrix<T>(rows, parts.projection->inFeatures());
        parts.embeddings.forward(context, ids, types, narrow, saved);
        parts.projection->forward(context, narrow, x, m_lowest < 0 ? &m_projectionSaved : nullptr);
        return x;
    }

    /// The rows of the batch's examples, as the layers below the prefix would compute them.
    Matrix<T> gatherPrefix(PassContext<T>& context, const Batch& batch)
    {
        const PrefixRows& prefix = *batch.prefix;
        LORA_ASSERT(prefix.layer <= m_trunk.lowestTrainable() && prefix.width == m_trunk.hiddenSize());
        Matrix<T> x = takeRows(context, static_cast<std::int64_t>(batch.tokens()));
        for (std::size_t s = 0; s < batch.sequences(); ++s) {
            const std::uint32_t example = batch.exampleIndex[s];
            LORA_ASSERT(prefix.length(example) == static_cast<std::int64_t>(batch.length(s)));
            std::copy_n(prefix.of(example), prefix.length(example) * prefix.width,
                        x.row(batch.sequenceOffsets[s]));
        }
        return x;
    }

    void embedBackward(PassContext<T>& context, Matrix<T> dx)
    {
        const auto& parts = m_trunk.parts();
        if (!parts.projection) {
            parts.embeddings.backward(context, m_embeddingsSaved, dx);
            return;
        }
        const bool isBelowWanted = parts.embeddings.isTrainable();
        Matrix<T> dNarrow;
        if (isBelowWanted)
            dNarrow = context.arena->template matrix<T>(dx.rows, parts.projection->inFeatures());
        parts.projection->backward(context, m_projectionSaved, dx, dNarrow,
                                   isBelowWanted ? InputGradient::Write : InputGradient::Skip);
        if (isBelowWanted)
            parts.embeddings.backward(context, m_embeddingsSaved, dNarrow);
    }

    const StackTrunk<T, Block>& m_trunk;
    typename Embeddings<T>::Saved m_embeddingsSaved;
    typename Linear<T>::Saved m_projectionSaved;
    std::vector<typename Block<T>::Saved> m_saved;
    bool m_isCheckpointing = false;
    std::vector<Checkpoint> m_checkpoints; ///< of each layer, while checkpointing
    typename Norm<T>::Saved m_finalNormSaved;
    bool m_isNormKept = false;
    RotaryTable<T> m_rotary;
    std::vector<KeyValueCache<T>> m_caches;
    std::vector<T> m_cacheValues;
    int m_lowest = 0;
};

} // namespace

template <class T, template <class> class Block>
StackTrunk<T, Block>::StackTrunk(StackParts<T, Block> parts)
    : m_parts(std::move(parts))
{
    LORA_ASSERT(!m_parts.blocks.empty());
}

template <class T, template <class> class Block>
std::unique_ptr<TrunkPass<T>> StackTrunk<T, Block>::startPass() const
{
    return std::make_unique<StackTrunkPass<T, Block>>(*this);
}

template <class T, template <class> class Block>
std::int64_t StackTrunk<T, Block>::hiddenSize() const
{
    return m_parts.projection ? m_parts.projection->outFeatures() : m_parts.embeddings.word.value().cols;
}

template <class T, template <class> class Block>
bool StackTrunk<T, Block>::isTrainable() const
{
    return lowestTrainable() < layers() || m_parts.finalNorm.isTrainable();
}

template <class T, template <class> class Block>
int StackTrunk<T, Block>::lowestTrainable() const
{
    if (m_parts.embeddings.isTrainable() || (m_parts.projection && m_parts.projection->isTrainable()))
        return -1;
    int lowest = 0;
    while (lowest < layers() && !block(lowest).isTrainable())
        ++lowest;
    return lowest;
}

template <class T, template <class> class Block>
void StackTrunk<T, Block>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    m_parts.embeddings.visitParameters(visit);
    if (m_parts.projection)
        visitLinearParameters(*m_parts.projection, visit);
    for (Block<T>& block : m_parts.blocks)
        block.visitParameters(visit);
    if (m_parts.finalNorm.exists())
        visitNormParameters(m_parts.finalNorm, visit);
}

template <class T, template <class> class Block>
void StackTrunk<T, Block>::visitLinears(const std::function<void(const LinearSite<T>&)>& visit)
{
    if (m_parts.projection)
        visit({&*m_parts.projection, -1, false});
    for (int i = 0; i < static_cast<int>(m_parts.blocks.size()); ++i)
        m_parts.blocks[static_cast<std::size_t>(i)].visitLinears([&](Linear<T>& linear, BlockStage stage) {
            visit({&linear, i, false, stage,
                   &linear == m_parts.blocks[static_cast<std::size_t>(i)].separateQuery()});
        });
}

template <class T, template <class> class Block>
void StackTrunk<T, Block>::visitNorms(const std::function<void(const NormSite<T>&)>& visit)
{
    for (int i = 0; i < static_cast<int>(m_parts.blocks.size()); ++i)
        m_parts.blocks[static_cast<std::size_t>(i)].visitNorms([&](Norm<T>& norm, BlockStage stage) {
            visit({&norm, i, stage});
        });
    if (m_parts.finalNorm.exists())
        visit({&m_parts.finalNorm, -1, std::nullopt});
}

template <class T, template <class> class Block>
void StackTrunk<T, Block>::setDropout(double hidden, double attention)
{
    m_parts.embeddings.dropoutProbability = hidden;
    for (Block<T>& block : m_parts.blocks)
        block.setDropout(hidden, attention);
}

template class StackTrunk<float, PostNormBlock>;
template class StackTrunk<double, PostNormBlock>;
template class StackTrunk<float, PreNormBlock>;
template class StackTrunk<double, PreNormBlock>;

} // namespace lora
