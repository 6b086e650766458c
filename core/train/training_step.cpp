#include "core/train/training_step.h"

#include "core/math/gemm.h"
#include "core/models/piece_size.h"
#include "core/optim/gradient_clipping.h"

namespace lora {

namespace {

/// Numbers one worker reduces and updates at a time; fixed, so that sums never depend on the number of
/// workers.
constexpr std::int64_t sliceSize = 1 << 16;

} // namespace

template <class T>
TrainingStep<T>::TrainingStep(LanguageModel<T>& model, const TrainableParameters<T>& trainable,
                              WorkerPool& pool, const AdamWSettings& settings, double maxGradNorm,
                              GradientSharing sharing)
    : m_pool(pool)
    , m_optimizer(trainable.size(), settings)
    , m_maxGradNorm(maxGradNorm)
    , m_tokensPerPiece(tokensPerPiece(model.config().numHiddenLayers, model.config().hiddenSize,
                                      model.config().intermediateSize))
{
    if (auto shared = sharedGradients(model, trainable, pool.size(), sharing); !shared.empty())
        m_turns.emplace(std::move(shared), pool.size());
    for (Parameter<T>* parameter : trainable.parameters()) {
        const std::int64_t offset = parameter->gradientOffset();
        const std::int64_t own = !m_turns                       ? offset
                                 : m_turns->indexOf(offset) < 0 ? offset - m_turns->sharedBelow(offset)
                                                                : -1;
        for (std::int64_t first = 0; first < parameter->size(); first += sliceSize)
            m_slices.push_back({parameter, first, std::min(sliceSize, parameter->size() - first),
                                own < 0 ? -1 : own + first});
    }
    m_sliceSquares.resize(m_slices.size());
    for (const LinearSite<T>& site : model.linears())
        if (site.linear->magnitude)
            m_magnified.push_back(site.linear);
    for (int worker = 0; worker < pool.size(); ++worker) {
        m_gradients.push_back(
            worker > 0 && m_turns
                ? std::make_unique<GradientStore<T>>(*m_gradients[0], trainable.size(), worker)
                : std::make_unique<GradientStore<T>>(trainable.size(), m_turns ? &*m_turns : nullptr));
        m_passes.push_back(std::make_unique<ModelPass<T>>(model));
    }
    m_pieces.resize(static_cast<std::size_t>(pool.size()));
    m_losses.resize(static_cast<std::size_t>(pool.size()));
    m_pieceCounts.resize(static_cast<std::size_t>(pool.size()));
}

template <class T>
StepResult TrainingStep<T>::run(std::span<const Batch> batches, double learningRate, std::uint64_t dropoutKey)
{
    StepResult result = accumulate(batches, dropoutKey);
    if (!std::isfinite(result.loss) || !std::isfinite(result.gradNorm))
        return result;
    m_optimizer.beginStep(learningRate, clippingFactor(result.gradNorm, m_maxGradNorm));
    applyGradients();
    const std::int64_t flopsBefore = gemmFlops();
    refreshMagnitudes();
    result.flops += gemmFlops() - flopsBefore;
    return result;
}

template <class T>
StepResult TrainingStep<T>::accumulate(std::span<const Batch> batches, std::uint64_t dropoutKey)
{
    StepResult result;
    std::int64_t items = 0;
    for (const Batch& batch : batches) {
        items += static_cast<std::int64_t>(batch.labelledItems());
        result.tokens += static_cast<std::int64_t>(batch.tokens());
    }
    const std::int64_t flopsBefore = gemmFlops();
    forwardBackward(batches, items, dropoutKey);
    double loss = 0;
    for (const double part : m_losses)
        loss += part;
    result.loss = items > 0 ? loss / static_cast<double>(items) : 0;
    result.gradNorm = std::sqrt(reduceGradients());
    result.flops = gemmFlops() - flopsBefore;
    return result;
}

template <class T>
void TrainingStep<T>::forwardBackward(std::span<const Batch> batches, std::int64_t items,
                                      std::uint64_t dropoutKey)
{
    const T gradientScale = items > 0 ? T(1) / static_cast<T>(items) : T(0);
    m_splits.resize(std::max(m_splits.size(), batches.size()));
    for (std::size_t b = 0; b < batches.size(); ++b)
        m_splitter.split(batches[b], m_pool.size(), m_splits[b]);
    clearGradients(batches);
    m_pool.run([&](int worker) {
        try {
            runShare(batches, worker, gradientScale, dropoutKey);
        } catch (...) {
            if (m_turns)
                m_turns->abandon(std::current_exception());
            throw;
        }
    });
}

/// A pass through the pool of its own where gradients are shared: nobody may add before all is cleared.
template <class T>
void TrainingStep<T>::clearGradients(std::span<const Batch> batches)
{
    if (!m_turns)
        return;
    for (int worker = 0; worker < m_pool.size(); ++worker)
        m_pieceCounts[worker] = countPieces(batches, worker);
    m_turns->beginStep(m_pieceCounts);
    m_pool.run([&](int worker) { m_gradients[worker]->clear(m_pool.size()); });
}

template <class T>
std::int32_t TrainingStep<T>::countPieces(std::span<const Batch> batches, int worker) const
{
    std::int32_t count = 0;
    for (std::size_t b = 0; b < batches.size(); ++b)
        for (std::span<const std::uint32_t> rest = m_splits[b][worker]; !rest.empty(); ++count)
            rest = rest.subspan(sequencesOfPiece(batches[b], rest, m_tokensPerPiece));
    return count;
}

template <class T>
void TrainingStep<T>::runShare(std::span<const Batch> batches, int worker, T gradientScale,
                               std::uint64_t dropoutKey)
{
    if (!m_turns)
        m_gradients[worker]->clear(1);
    m_losses[worker] = 0;
    for (std::size_t b = 0; b < batches.size(); ++b) {
        std::uint64_t key = mixBits(mixBits(dropoutKey + b) + static_cast<std::uint64_t>(worker));
        std::span<const std::uint32_t> rest = m_splits[b][worker];
        while (!rest.empty()) {
            const std::size_t count = sequencesOfPiece(batches[b], rest, m_tokensPerPiece);
            runPiece(batches[b], rest.first(count), worker, gradientScale, key);
            rest = rest.subspan(count);
            key = mixBits(key + 1);
        }
    }
}

template <class T>
void TrainingStep<T>::runPiece(const Batch& batch, std::span<const std::uint32_t> sequences, int worker,
                               T gradientScale, std::uint64_t dropoutKey)
{
    Batch& piece = m_pieces[worker];
    selectSequences(batch, sequences, piece);
    piece.prefix = m_prefix;
    m_gradients[worker]->beginPiece();
    m_losses[worker] += m_passes[worker]->forward(piece, *m_gradients[worker], gradientScale, dropoutKey).sum;
    m_passes[worker]->backward();
    m_gradients[worker]->endPiece();
}

template <class T>
double TrainingStep<T>::reduceGradients()
{
    const int workers = m_pool.size();
    m_pool.run([&](int worker) {
        for (std::size_t s = static_cast<std::size_t>(worker); s < m_slices.size();
             s += static_cast<std::size_t>(workers)) {
            const Slice& slice = m_slices[s];
            const std::int64_t offset = slice.parameter->gradientOffset() + slice.first;
            T* sum = m_gradients[0]->values().data() + offset;
            for (int other = 1; other < workers && slice.ownOffset >= 0; ++other)
                addScaled<T>(
                    T(1),
                    ConstMatrix<T>(m_gradients[other]->values().data() + slice.ownOffset, 1, slice.count),
                    Matrix<T>(sum, 1, slice.count));
            m_sliceSquares[s] =
                sumOfSquares<T>(std::span<const T>(sum, static_cast<std::size_t>(slice.count)));
        }
    });
    double total = 0;
    for (const double squares : m_sliceSquares)
        total += squares;
    return total;
}

template <class T>
void TrainingStep<T>::applyGradients()
{
    const int workers = m_pool.size();
    m_pool.run([&](int worker) {
        for (std::size_t s = static_cast<std::size_t>(worker); s < m_slices.size();
             s += static_cast<std::size_t>(workers)) {
            const Slice& slice = m_slices[s];
            const std::int64_t offset = slice.parameter->gradientOffset() + slice.first;
            const auto count = static_cast<std::size_t>(slice.count);
            m_optimizer.update({m_gradients[0]->values().data() + offset, count}, offset,
                               {slice.parameter->mutableValue().data + slice.first, count}, slice.rateRatio);
        }
    });
}

/// Once for a step, not in every pass; each module on one worker.
template <class T>
void TrainingStep<T>::refreshMagnitudes()
{
    if (m_magnified.empty())
        return;
    const auto workers = static_cast<std::size_t>(m_pool.size());
    m_pool.run([&](int worker) {
        for (auto i = static_cast<std::size_t>(worker); i < m_magnified.size(); i += workers)
            m_magnified[i]->refreshMagnitude();
    });
}

template <class T>
void TrainingStep<T>::setLoraPlusRatio(double ratio)
{
    for (Slice& slice : m_slices)
        if (slice.parameter->name().ends_with(".lora_B.weight") || slice.parameter->shape().size() == 1)
            slice.rateRatio = ratio;
}

template <class T>
std::int64_t TrainingStep<T>::gradientBytes() const
{
    std::int64_t numbers = 0;
    for (const auto& store : m_gradients)
        numbers += static_cast<std::int64_t>(store->values().size());
    return numbers * static_cast<std::int64_t>(sizeof(T));
}

template <class T>
std::size_t TrainingStep<T>::arenaPeakBytes() const
{
    std::size_t bytes = 0;
    for (const auto& pass : m_passes)
        bytes += pass->arena().peakBytes();
    return bytes;
}

template <class T>
void TrainingStep<T>::giveBackActivations()
{
    for (const auto& pass : m_passes)
        pass->arena().giveBack();
}

template <class T>
std::size_t TrainingStep<T>::heapAllocations() const
{
    std::size_t count = 0;
    for (const auto& pass : m_passes)
        count += pass->arena().heapAllocations();
    return count;
}

template class TrainingStep<float>;
template class TrainingStep<double>;

} // namespace lora
