#include "core/nn/pre_norm_block.h"

#include "core/nn/branch_dropout.h"
#include "core/nn/rotary_table.h"

namespace lora {

template <class T>
PreNormBlock<T>::PreNormBlock(const PreNormBlockNames& names, const PreNormBlockShape& shape)
    : attentionOutput(names.attentionOutput, shape.attention.querySize(), shape.hidden,
                      shape.hasAttentionOutputBias ? Bias::Yes : Bias::None, shape.layout)
    , up(names.up, shape.hidden, shape.intermediate, shape.hasFeedForwardBias ? Bias::Yes : Bias::None,
         shape.layout)
    , down(names.down, shape.intermediate, shape.hidden, shape.hasFeedForwardBias ? Bias::Yes : Bias::None,
           shape.layout)
    , attentionNorm(names.attentionNorm, shape.hidden, shape.normEpsilon, shape.norm)
    , feedForwardNorm(names.feedForwardNorm, shape.hidden, shape.normEpsilon, shape.norm)
    , attention(shape.attention)
    , m_shape(shape)
{
    const Bias bias = shape.hasAttentionInputBias ? Bias::Yes : Bias::None;
    const std::int64_t queries = shape.attention.querySize();
    const std::int64_t keys = shape.attention.keyValueSize();
    if (!names.fused.empty()) {
        fused.emplace(names.fused, shape.hidden, queries + 2 * keys, bias, shape.layout);
    } else {
        query.emplace(names.query, shape.hidden, queries, bias, shape.layout);
        key.emplace(names.key, shape.hidden, keys, bias, shape.layout);
        value.emplace(names.value, shape.hidden, keys, bias, shape.layout);
    }
    if (!names.gate.empty())
        gate.emplace(names.gate, shape.hidden, shape.intermediate,
                     shape.hasFeedForwardBias ? Bias::Yes : Bias::None, shape.layout);
}

template <class T>
typename PreNormBlock<T>::Heads PreNormBlock<T>::project(PassContext<T>& context, ConstMatrix<T> x,
                                                         Saved* saved, const NeededRows* rows) const
{
    Arena& arena = *context.arena;
    const std::int64_t queries = m_shape.attention.querySize();
    const std::int64_t keys = m_shape.attention.keyValueSize();
    Heads heads;
    if (fused) {
        Matrix<T> all = arena.matrix<T>(x.rows, queries + 2 * keys);
        fused->forward(context, x, all, saved ? &saved->fused : nullptr);
        heads = {all.colRange(0, queries), all.colRange(queries, keys), all.colRange(queries + keys, keys)};
        if (rows) {
            heads.q = arena.matrix<T>(rows->count(), queries);
            gatherRows<T>(all.colRange(0, queries), *rows, heads.q);
        }
    } else {
        ConstMatrix<T> needed = x;
        if (rows) {
            Matrix<T> gathered = arena.matrix<T>(rows->count(), x.cols);
            gatherRows(x, *rows, gathered);
            needed = gathered;
        }
        heads = {arena.matrix<T>(needed.rows, queries), arena.matrix<T>(x.rows, keys),
                 arena.matrix<T>(x.rows, keys)};
        query->forward(context, needed, heads.q, saved ? &saved->query : nullptr);
        key->forward(context, x, heads.k, saved ? &saved->key : nullptr);
        value->forward(context, x, heads.v, saved ? &saved->value : nullptr);
    }
    turn(context, heads, rows);
    return heads;
}

template <class T>
void PreNormBlock<T>::turn(PassContext<T>& context, const Heads& heads, const NeededRows* rows) const
{
    if (!context.rotary)
        return;
    if (rows)
        context.rotary->apply(heads.q, context.offsets, *rows);
    else
        context.rotary->apply(heads.q, context.offsets, context.firstPosition);
    context.rotary->apply(heads.k, context.offsets, context.firstPosition);
}

template <class T>
void PreNormBlock<T>::forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved,
                              const NeededRows* rows) const
{
    Arena& arena = *context.arena;
    const Arena::Mark start = arena.mark();
    Matrix<T> normed = arena.matrix<T>(x.rows, x.cols);
    attentionNorm.forward(context, x, normed, saved ? &saved->attentionNorm : nullptr);
    const Heads heads = project(context, normed, saved, rows);
    Matrix<T> mixed = arena.matrix<T>(y.rows, m_shape.attention.querySize());
    attention.forward(context, heads.q, heads.k, heads.v, mixed, saved ? &saved->attention : nullptr, rows);
    Matrix<T> h = arena.matrix<T>(y.rows, x.cols);
    attentionOutput.forward(context, mixed, h, saved ? &saved->attentionOutput : nullptr);
    const std::uint64_t dropoutKey = dropBranch(context, dropoutProbability, h);
    if (rows) {
        const ArenaScope scope(arena);
        Matrix<T> needed = arena.matrix<T>(y.rows, x.cols);
        gatherRows(x, *rows, needed);
        addScaled<T>(T(1), needed, h);
    } else {
        addScaled<T>(T(1), x, h);
    }
    feedForward(context, h, y, saved);
    if (saved) {
        saved->attentionDropoutKey = dropoutKey;
        saved->rows = rows;
    } else {
        arena.release(start);
    }
}

template <class T>
void PreNormBlock<T>::extend(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y,
                             KeyValueCache<T>& cache) const
{
    Arena& arena = *context.arena;
    const ArenaScope scope(arena);
    Matrix<T> normed = arena.matrix<T>(x.rows, x.cols);
    attentionNorm.forward(context, x, normed, nullptr);
    const Heads heads = project(context, normed, nullptr, nullptr);
    LORA_ASSERT(cache.length + x.rows <= cache.keys.rows);
    copyRows<T>(heads.k, cache.keys.rowRange(cache.length, x.rows));
    copyRows<T>(heads.v, cache.values.rowRange(cache.length, x.rows));
    cache.length += x.rows;
    Matrix<T> mixed = arena.matrix<T>(x.rows, m_shape.attention.querySize());
    attention.extend(context, heads.q, cache.keys.rowRange(0, cache.length),
                     cache.values.rowRange(0, cache.length), mixed);
    Matrix<T> h = arena.matrix<T>(x.rows, x.cols);
    attentionOutput.forward(context, mixed, h, nullptr);
    addScaled<T>(T(1), x, h);
    feedForward(context, h, y, nullptr);
}

template <class T>
void PreNormBlock<T>::feedForward(PassContext<T>& context, ConstMatrix<T> h, Matrix<T> y, Saved* saved) const
{
    Arena& arena = *context.arena;
    Matrix<T> normed = arena.matrix<T>(h.rows, h.cols);
    feedForwardNorm.forward(context, h, normed, saved ? &saved->feedForwardNorm : nullptr);
    Matrix<T> gated;
    if (gate) {
        gated = arena.matrix<T>(h.rows, m_shape.intermediate);
        gate->forward(context, normed, gated, saved ? &saved->gate : nullptr);
    }
    Matrix<T> pre = arena.matrix<T>(h.rows, m_shape.intermediate);
    up.forward(context, normed, pre, saved ? &saved->up : nullptr);
    // The activation's value is kept only where an adapter of `down` needs it; else it replaces its input or
    // is scratch, and is computed once more for the gradient of the weight.
    const bool isActivatedKept = saved && down.keepsInput();
    if (saved && !isActivatedKept)
        down.reserve(context, h.rows, saved->down);
    const Arena::Mark beforeActivated = arena.mark();
    Matrix<T> activated = saved ? arena.matrix<T>(h.rows, m_shape.intermediate) : pre;
    activateUp(gated, pre, activated);
    down.forward(context, activated, y, saved && down.needsSaved() ? &saved->down : nullptr);
    if (saved && !isActivatedKept)
        arena.release(beforeActivated);
    const std::uint64_t dropoutKey = dropBranch(context, dropoutProbability, y);
    addScaled<T>(T(1), h, y);
    if (saved) {
        saved->gatePreActivation = gated;
        saved->upPreActivation = pre;
        saved->outputDropoutKey = dropoutKey;
    }
}

template <class T>
void PreNormBlock<T>::activateUp(ConstMatrix<T> gated, ConstMatrix<T> pre, Matrix<T> activated) const
{
    if (gate)
        siluMultiply<T>(gated, pre, activated);
    else
        activate<T>(m_shape.activation, pre, activated);
}

template <class T>
void PreNormBlock<T>::backward(PassContext<T>& context, const Saved& saved, Matrix<T> dy, Matrix<T> dx,
                               InputGradient inputGradient) const
{
    const ArenaScope scope(*context.arena);
    const bool isInputWanted = inputGradient != InputGradient::Skip;
    const auto isWantedFrom = [&](BlockStage stage) { return isInputWanted || isTrainedFrom(stage); };
    {
        const ArenaScope feedForwardScope(*context.arena);
        feedForwardBackward(context, saved, dy, isWantedFrom(BlockStage::MiddleNorm),
                            isWantedFrom(BlockStage::FeedForwardInput));
    }
    if (!isWantedFrom(BlockStage::AttentionOutput))
        return;
    const ConstMatrix<T> dBranch =
        branchGradient<T>(context, dy, dropoutProbability, saved.attentionDropoutKey);
    const bool isAttentionWanted = isWantedFrom(BlockStage::AttentionInput);
    Matrix<T> dMixed;
    if (isAttentionWanted)
        dMixed = context.arena->template matrix<T>(dy.rows, m_shape.attention.querySize());
    attentionOutput.backward(context, saved.attentionOutput, dBranch, dMixed,
                             isAttentionWanted ? InputGradient::Write : InputGradient::Skip);
    if (isAttentionWanted)
        attentionBackward(context, saved, dMixed, dy, dx, isWantedFrom(BlockStage::InputNorm), inputGradient);
}

/// dy, the gradient of y, becomes the gradient of h when anything below the feed-forward layer wants it.
template <class T>
void PreNormBlock<T>::feedForwardBackward(PassContext<T>& context, const Saved& saved, Matrix<T> dy,
                                          bool isMoreBelow, bool isInnerWanted) const
{
    Arena& arena = *context.arena;
    const ConstMatrix<T> dBranch = branchGradient<T>(context, dy, dropoutProbability, saved.outputDropoutKey);
    Matrix<T> dUp;
    if (isInnerWanted)
        dUp = arena.matrix<T>(dy.rows, m_shape.intermediate);
    {
        const ArenaScope scope(arena);
        typename Linear<T>::Saved savedDown = saved.down;
        if (down.needsInput() && !down.keepsInput()) {
            Matrix<T> activated = arena.matrix<T>(dy.rows, m_shape.intermediate);
            activateUp(saved.gatePreActivation, saved.upPreActivation, activated);
            savedDown.x = activated;
        }
        down.backward(context, savedDown, dBranch, dUp,
                      isInnerWanted ? InputGradient::Write : InputGradient::Skip);
    }
    if (!isInnerWanted)
        return;
    Matrix<T> dGate;
    if (gate) {
        dGate = arena.matrix<T>(dy.rows, m_shape.intermediate);
        siluMultiplyBackward<T>(saved.gatePreActivation, saved.upPreActivation, dUp, dGate, dUp);
    } else {
        activateBackward<T>(m_shape.activation, saved.upPreActivation, dUp, dUp);
    }
    Matrix<T> dNormed;
    if (isMoreBelow)
        dNormed = arena.matrix<T>(dy.rows, dy.cols);
    up.backward(context, saved.up, dUp, dNormed, isMoreBelow ? InputGradient::Write : InputGradient::Skip);
    if (gate)
        gate->backward(context, saved.gate, dGate, dNormed,
                       isMoreBelow ? InputGradient::Add : InputGradient::Skip);
    if (!isMoreBelow)
        return;
    feedForwardNorm.backward(context, saved.feedForwardNorm, dNormed);
    addScaled<T>(T(1), dNormed, dy);
}

/// dx becomes the attention branch's share and the residual's, which is dy.
template <class T>
void PreNormBlock<T>::attentionBackward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dMixed,
                                        Matrix<T> dy, Matrix<T> dx, bool isNormWanted,
                                        InputGradient inputGradient) const
{
    Matrix<T> dNormed;
    if (isNormWanted)
        dNormed = context.arena->template matrix<T>(saved.attention.k.rows, m_shape.hidden);
    {
        const ArenaScope scope(*context.arena);
        projectionsBackward(context, saved, dMixed, dNormed, isNormWanted);
    }
    if (!isNormWanted)
        return;
    attentionNorm.backward(context, saved.attentionNorm, dNormed);
    if (inputGradient == InputGradient::Skip)
        return;
    if (saved.rows) {
        copyRows<T>(dNormed, dx);
        addToRows<T>(dy, *saved.rows, dx);
        return;
    }
    if (dx.data != dy.data)
        copyRows<T>(dy, dx);
    addScaled<T>(T(1), dNormed, dx);
}

template <class T>
void PreNormBlock<T>::projectionsBackward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dMixed,
                                          Matrix<T> dNormed, bool isNormWanted) const
{
    Arena& arena = *context.arena;
    const std::int64_t queries = m_shape.attention.querySize();
    const std::int64_t keys = m_shape.attention.keyValueSize();
    const std::int64_t tokens = saved.attention.k.rows;
    Matrix<T> all = arena.matrix<T>(tokens, queries + 2 * keys);
    Heads d{all.colRange(0, queries), all.colRange(queries, keys), all.colRange(queries + keys, keys)};
    if (saved.rows)
        d.q = arena.matrix<T>(saved.rows->count(), queries);
    attention.backward(context, saved.attention, dMixed, d.q, d.k, d.v);
    if (context.rotary) {
        if (saved.rows)
            context.rotary->applyBackward(d.q, context.offsets, *saved.rows);
        else
            context.rotary->applyBackward(d.q, context.offsets);
        context.rotary->applyBackward(d.k, context.offsets);
    }
    const InputGradient write = isNormWanted ? InputGradient::Write : InputGradient::Skip;
    const InputGradient add = isNormWanted ? InputGradient::Add : InputGradient::Skip;
    if (fused) {
        if (saved.rows) {
            const Matrix<T> spread = all.colRange(0, queries);
            for (std::int64_t r = 0; r < tokens; ++r)
                std::fill_n(spread.row(r), queries, T(0));
            addToRows<T>(d.q, *saved.rows, spread);
        }
        fused->backward(context, saved.fused, all, dNormed, write);
        return;
    }
    key->backward(context, saved.key, d.k, dNormed, write);
    value->backward(context, saved.value, d.v, dNormed, add);
    if (!saved.rows) {
        query->backward(context, saved.query, d.q, dNormed, add);
        return;
    }
    Matrix<T> dNeeded;
    if (isNormWanted)
        dNeeded = arena.matrix<T>(saved.rows->count(), m_shape.hidden);
    query->backward(context, saved.query, d.q, dNeeded, write);
    if (isNormWanted)
        addToRows<T>(dNeeded, *saved.rows, dNormed);
}

template <class T>
bool PreNormBlock<T>::isTrainedFrom(BlockStage lowestOfInterest) const
{
    bool isTrained = false;
    auto& self = const_cast<PreNormBlock&>(*this); // the visitors hand out what they visit for writing too
    self.visitLinears([&](Linear<T>& linear, BlockStage stage) {
        isTrained = isTrained || (stage >= lowestOfInterest && linear.isTrainable());
    });
    self.visitNorms([&](Norm<T>& norm, BlockStage stage) {
        isTrained = isTrained || (stage >= lowestOfInterest && norm.isTrainable());
    });
    return isTrained;
}

template <class T>
void PreNormBlock<T>::visitLinears(const std::function<void(Linear<T>&, BlockStage)>& visit)
{
    for (std::optional<Linear<T>>* linear : {&fused, &query, &key, &value})
        if (*linear)
            visit(**linear, BlockStage::AttentionInput);
    visit(attentionOutput, BlockStage::AttentionOutput);
    if (gate)
        visit(*gate, BlockStage::FeedForwardInput);
    visit(up, BlockStage::FeedForwardInput);
    visit(down, BlockStage::FeedForwardOutput);
}

template <class T>
void PreNormBlock<T>::visitNorms(const std::function<void(Norm<T>&, BlockStage)>& visit)
{
    visit(attentionNorm, BlockStage::InputNorm);
    visit(feedForwardNorm, BlockStage::MiddleNorm);
}

template <class T>
void PreNormBlock<T>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    visitLinears([&](Linear<T>& linear, BlockStage) { visitLinearParameters(linear, visit); });
    visitNorms([&](Norm<T>& norm, BlockStage) { visitNormParameters(norm, visit); });
}

template <class T>
void PreNormBlock<T>::setDropout(double hidden, double attentionProbability)
{
    dropoutProbability = hidden;
    attention.dropoutProbability = attentionProbability;
}

template class PreNormBlock<float>;
template class PreNormBlock<double>;

} // namespace lora
