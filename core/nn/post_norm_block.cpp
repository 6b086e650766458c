#include "core/nn/post_norm_block.h"

#include "core/nn/branch_dropout.h"

namespace lora {

template <class T>
PostNormBlock<T>::PostNormBlock(const PostNormBlockNames& names, const PostNormBlockShape& shape)
    : query(names.query, shape.hidden, shape.hidden, Bias::Yes)
    , key(names.key, shape.hidden, shape.hidden, Bias::Yes)
    , value(names.value, shape.hidden, shape.hidden, Bias::Yes)
    , attentionOutput(names.attentionOutput, shape.hidden, shape.hidden, Bias::Yes)
    , intermediate(names.intermediate, shape.hidden, shape.intermediate, Bias::Yes)
    , output(names.output, shape.intermediate, shape.hidden, Bias::Yes)
    , attentionNorm(names.attentionNorm, shape.hidden, shape.normEpsilon)
    , outputNorm(names.outputNorm, shape.hidden, shape.normEpsilon)
    , attention({.heads = shape.heads, .keyValueHeads = shape.heads, .headDim = shape.hidden / shape.heads})
    , m_shape(shape)
{}

template <class T>
void PostNormBlock<T>::forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved,
                               const NeededRows* rows) const
{
    Arena& arena = *context.arena;
    const auto takeRows = [&](std::int64_t cols) { return arena.matrix<T>(y.rows, cols); };
    const Arena::Mark start = arena.mark();

    ConstMatrix<T> needed = x;
    if (rows) {
        Matrix<T> gathered = takeRows(m_shape.hidden);
        gatherRows(x, *rows, gathered);
        needed = gathered;
    }
    Matrix<T> q = takeRows(m_shape.hidden);
    Matrix<T> k = arena.matrix<T>(x.rows, m_shape.hidden);
    Matrix<T> v = arena.matrix<T>(x.rows, m_shape.hidden);
    query.forward(context, needed, q, saved ? &saved->query : nullptr);
    key.forward(context, x, k, saved ? &saved->key : nullptr);
    value.forward(context, x, v, saved ? &saved->value : nullptr);
    Matrix<T> mixed = takeRows(m_shape.hidden);
    attention.forward(context, q, k, v, mixed, saved ? &saved->attention : nullptr, rows);

    Matrix<T> sum1 = takeRows(m_shape.hidden);
    attentionOutput.forward(context, mixed, sum1, saved ? &saved->attentionOutput : nullptr);
    const std::uint64_t key1 = dropBranch(context, dropoutProbability, sum1);
    addScaled<T>(T(1), needed, sum1);
    Matrix<T> h = takeRows(m_shape.hidden);
    attentionNorm.forward(context, sum1, h, saved ? &saved->attentionNorm : nullptr);

    Matrix<T> pre = takeRows(m_shape.intermediate);
    intermediate.forward(context, h, pre, saved ? &saved->intermediate : nullptr);
    // The activation's value is kept only where an adapter of `output` needs it; else it replaces its input
    // or is scratch, and is computed once more for the gradient of the weight.
    Matrix<T> sum2 = takeRows(m_shape.hidden);
    const bool isActivatedKept = saved && output.keepsInput();
    if (saved && !isActivatedKept)
        output.reserve(context, y.rows, saved->output);
    const Arena::Mark beforeActivated = arena.mark();
    Matrix<T> activated = saved ? takeRows(m_shape.intermediate) : pre;
    activate<T>(m_shape.activation, pre, activated);
    output.forward(context, activated, sum2, saved && output.needsSaved() ? &saved->output : nullptr);
    if (saved && !isActivatedKept)
        arena.release(beforeActivated);
    const std::uint64_t key2 = dropBranch(context, dropoutProbability, sum2);
    addScaled<T>(T(1), h, sum2);
    outputNorm.forward(context, sum2, y, saved ? &saved->outputNorm : nullptr);

    if (saved) {
        saved->preActivation = pre;
        saved->attentionDropoutKey = key1;
        saved->outputDropoutKey = key2;
        saved->rows = rows;
    } else {
        arena.release(start);
    }
}

template <class T>
void PostNormBlock<T>::backward(PassContext<T>& context, const Saved& saved, Matrix<T> dy, Matrix<T> dx,
                                InputGradient inputGradient) const
{
    const ArenaScope scope(*context.arena);
    const Reach reaches = reach(inputGradient);
    outputNorm.backward(context, saved.outputNorm, dy); // dy: gradient of sum2

    {
        const ArenaScope feedForwardScope(*context.arena);
        const ConstMatrix<T> dBranch =
            branchGradient<T>(context, dy, dropoutProbability, saved.outputDropoutKey);
        Matrix<T> dActivated;
        if (reaches.intoIntermediate)
            dActivated = context.arena->template matrix<T>(dy.rows, m_shape.intermediate);
        outputBackward(context, saved, dBranch, dActivated);
        if (reaches.intoIntermediate) {
            activateBackward<T>(m_shape.activation, saved.preActivation, dActivated, dActivated);
            intermediate.backward(context, saved.intermediate, dActivated, dy,
                                  reaches.intoAttentionNorm ? InputGradient::Add : InputGradient::Skip);
        }
    }
    if (!reaches.intoAttentionNorm)
        return;
    attentionNorm.backward(context, saved.attentionNorm, dy); // dy: gradient of sum1
    if (!reaches.intoAttentionOutput)
        return;
    const ConstMatrix<T> dBranch =
        branchGradient<T>(context, dy, dropoutProbability, saved.attentionDropoutKey);
    Matrix<T> dContext;
    if (reaches.intoAttention)
        dContext = context.arena->template matrix<T>(dy.rows, m_shape.hidden);
    attentionOutput.backward(context, saved.attentionOutput, dBranch, dContext,
                             reaches.intoAttention ? InputGradient::Write : InputGradient::Skip);
    if (reaches.intoAttention)
        projectionsBackward(context, saved, dContext, dy, dx, inputGradient);
}

template <class T>
void PostNormBlock<T>::outputBackward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dBranch,
                                      Matrix<T> dActivated) const
{
    const ArenaScope scope(*context.arena);
    typename Linear<T>::Saved savedOutput = saved.output;
    if (output.needsInput() && !output.keepsInput()) {
        Matrix<T> activated = context.arena->template matrix<T>(dBranch.rows, m_shape.intermediate);
        activate<T>(m_shape.activation, saved.preActivation, activated);
        savedOutput.x = activated;
    }
    output.backward(context, savedOutput, dBranch, dActivated,
                    dActivated.isEmpty() ? InputGradient::Skip : InputGradient::Write);
}

template <class T>
void PostNormBlock<T>::projectionsBackward(PassContext<T>& context, const Saved& saved,
                                           ConstMatrix<T> dContext, Matrix<T> dy, Matrix<T> dx,
                                           InputGradient inputGradient) const
{
    const std::int64_t tokens = saved.attention.k.rows;
    Matrix<T> dq = context.arena->template matrix<T>(dy.rows, m_shape.hidden);
    Matrix<T> dk = context.arena->template matrix<T>(tokens, m_shape.hidden);
    Matrix<T> dv = context.arena->template matrix<T>(tokens, m_shape.hidden);
    attention.backward(context, saved.attention, dContext, dq, dk, dv);
    const bool isWanted = inputGradient != InputGradient::Skip;
    const InputGradient add = isWanted ? InputGradient::Add : InputGradient::Skip;
    query.backward(context, saved.query, dq, dy, add); // dy holds the residual's share already
    if (!saved.rows) {
        key.backward(context, saved.key, dk, dy, add);
        value.backward(context, saved.value, dv, dy, add);
        if (isWanted && dx.data != dy.data)
            copyRows<T>(dy, dx);
        return;
    }
    key.backward(context, saved.key, dk, dx, isWanted ? InputGradient::Write : InputGradient::Skip);
    value.backward(context, saved.value, dv, dx, add);
    if (isWanted)
        addToRows<T>(dy, *saved.rows, dx);
}

template <class T>
typename PostNormBlock<T>::Reach PostNormBlock<T>::reach(InputGradient inputGradient) const
{
    Reach reaches;
    reaches.intoAttention = inputGradient != InputGradient::Skip || query.isTrainable() ||
                            key.isTrainable() || value.isTrainable();
    reaches.intoAttentionOutput = reaches.intoAttention || attentionOutput.isTrainable();
    reaches.intoAttentionNorm = reaches.intoAttentionOutput || attentionNorm.isTrainable();
    reaches.intoIntermediate = reaches.intoAttentionNorm || intermediate.isTrainable();
    return reaches;
}

template <class T>
bool PostNormBlock<T>::isTrainable() const
{
    return reach(InputGradient::Skip).intoIntermediate || output.isTrainable() || outputNorm.isTrainable();
}

template <class T>
void PostNormBlock<T>::visitLinears(const std::function<void(Linear<T>&, BlockStage)>& visit)
{
    for (Linear<T>* linear : {&query, &key, &value})
        visit(*linear, BlockStage::AttentionInput);
    visit(attentionOutput, BlockStage::AttentionOutput);
    visit(intermediate, BlockStage::FeedForwardInput);
    visit(output, BlockStage::FeedForwardOutput);
}

template <class T>
void PostNormBlock<T>::visitNorms(const std::function<void(Norm<T>&, BlockStage)>& visit)
{
    visit(attentionNorm, BlockStage::MiddleNorm);
    visit(outputNorm, BlockStage::OutputNorm);
}

template <class T>
void PostNormBlock<T>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    visitLinears([&](Linear<T>& linear, BlockStage) { visitLinearParameters(linear, visit); });
    visitNorms([&](Norm<T>& norm, BlockStage) { visitNormParameters(norm, visit); });
}

template <class T>
void PostNormBlock<T>::setDropout(double hidden, double attentionProbability)
{
    dropoutProbability = hidden;
    attention.dropoutProbability = attentionProbability;
}

template class PostNormBlock<float>;
template class PostNormBlock<double>;

} // namespace lora
