#include "core/nn/linear.h"

#include "core/math/elementwise.h"
#include "core/nn/weight_products.h"

namespace lora {

template <class T>
Linear<T>::Linear(const std::string& moduleName, std::int64_t in, std::int64_t out, Bias hasBias,
                  WeightLayout layout)
    : weight(moduleName + ".weight", {out, in})
    , m_name(moduleName)
{
    if (layout == WeightLayout::InByOut)
        weight.setTransposedInFiles();
    if (hasBias == Bias::Yes)
        bias = Parameter<T>(moduleName + ".bias", {out});
}

template <class T>
Linear<T>::Linear(const std::string& moduleName, Parameter<T>& tiedWeight, const std::string& biasName)
    : m_name(moduleName)
    , m_tied(&tiedWeight)
{
    if (!biasName.empty())
        bias = Parameter<T>(biasName, {tiedWeight.value().rows});
}

template <class T>
void Linear<T>::untie()
{
    LORA_ASSERT(m_tied);
    weight = Parameter<T>(m_name + ".weight", m_tied->shape());
    weight.shareValuesOf(*m_tied);
    m_tied = nullptr;
}

template <class T>
void Linear<T>::reserve(PassContext<T>& context, std::int64_t rows, Saved& saved) const
{
    if (!adapter)
        return;
    adapter->reserve(context, rows, saved.adapter);
    if (magnitude)
        saved.scaled = context.arena->template matrix<T>(rows, outFeatures());
}

template <class T>
void Linear<T>::forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const
{
    if (saved)
        saved->x = x;
    if (magnitude && adapter->strength != 0)
        return forwardDora(context, x, y, saved);
    multiplyForward<T>(x, usedWeight(), y, bias.data());
    if (adapter)
        adapter->forward(context, x, y, saved ? &saved->adapter : nullptr);
}

template <class T>
void Linear<T>::forwardDora(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const
{
    Arena& arena = *context.arena;
    if (context.isDropoutOn && adapter->dropoutProbability > 0)
        return forwardDroppedDora(context, x, y, saved);
    if (saved && !saved->adapter.isReserved)
        saved->scaled = arena.matrix<T>(y.rows, y.cols);
    const Matrix<T> u = saved ? saved->scaled : y;
    multiplyForward<T>(x, usedWeight(), u, nullptr);
    adapter->forward(context, x, u, saved ? &saved->adapter : nullptr);
    magnitude->scale(u, bias.data(), y);
}

/// As PEFT has it: dropout is in front of all that the adapter changes, so y = W x + (m/n − 1) · W d(x) +
/// m/n · s B A d(x) + bias; one product more than without dropout.
template <class T>
void Linear<T>::forwardDroppedDora(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const
{
    Arena& arena = *context.arena;
    const auto outer = arena.mark();
    const bool isReserved = saved && saved->adapter.isReserved;
    const Matrix<T> u = isReserved ? saved->scaled : arena.matrix<T>(y.rows, y.cols);
    const Matrix<T> low = isReserved ? saved->adapter.low : arena.matrix<T>(y.rows, adapter->r());
    const auto inner = arena.mark();
    std::uint64_t key = 0;
    const ConstMatrix<T> input = adapter->dropped(context, x, key);
    multiplyForward<T>(x, usedWeight(), y, bias.data());
    multiplyForward<T>(input, usedWeight(), u, nullptr);
    addScaled<T>(T(-1), u, y);
    adapter->addProduct(input, low, u);
    magnitude->addScaled(u, y);
    if (!saved) {
        arena.release(outer);
        return;
    }
    saved->scaled = u;
    saved->adapter = {input, low, key};
    if (!adapter->a.isTrainable()) {
        saved->adapter.x = {};
        arena.release(inner);
    }
}

template <class T>
void Linear<T>::backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                         InputGradient inputGradient) const
{
    const Parameter<T>& w = usedWeight();
    if (bias.isTrainable())
        addColumnSums<T>(dy, context.gradients->of(bias).data);
    if (magnitude && adapter->strength != 0)
        return backwardDora(context, saved, dy, dx, inputGradient);
    if (inputGradient != InputGradient::Skip) {
        const T keep = inputGradient == InputGradient::Add ? T(1) : T(0);
        multiplyBackward<T>(dy, w, keep, dx);
    }
    if (adapter)
        adapter->backward(context, saved.adapter, dy, dx, inputGradient);
    if (w.isTrainable())
        context.gradients->add(w, [&](Matrix<T> dw, T keep) {
            gemm<T>(Transpose::Yes, Transpose::No, T(1), dy, saved.x, keep, dw);
        });
}

template <class T>
void Linear<T>::backwardDora(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                             InputGradient inputGradient) const
{
    LORA_ASSERT(!usedWeight().isTrainable());
    Arena& arena = *context.arena;
    const ArenaScope scope(arena);
    Matrix<T> du = arena.matrix<T>(dy.rows, dy.cols);
    magnitude->scale(dy, nullptr, du);
    magnitude->addGradient(dy, saved.scaled, *context.gradients);
    const bool isWanted = inputGradient != InputGradient::Skip;
    const T keep = inputGradient == InputGradient::Add ? T(1) : T(0);
    if (saved.adapter.dropoutKey == 0) {
        if (isWanted)
            multiplyBackward<T>(du, usedWeight(), keep, dx);
        adapter->backward(context, saved.adapter, du, dx, inputGradient);
        return;
    }
    Matrix<T> dlow;
    if (isWanted || adapter->a.isTrainable())
        dlow = arena.matrix<T>(dy.rows, adapter->r());
    adapter->addGradients(context, saved.adapter, du, dlow);
    if (!isWanted)
        return;
    multiplyBackward<T>(dy, usedWeight(), keep, dx);
    Matrix<T> dDropped = arena.matrix<T>(dx.rows, dx.cols);
    addScaled<T>(T(-1), dy, du);
    gemm<T>(Transpose::No, Transpose::No, T(1), dlow, adapter->a.value(), T(0), dDropped);
    multiplyBackward<T>(du, usedWeight(), T(1), dDropped);
    dropout<T>(dDropped, adapter->dropoutProbability, saved.adapter.dropoutKey, dDropped);
    addScaled<T>(T(1), dDropped, dx);
}

template <class T>
void Linear<T>::refreshMagnitude()
{
    if (magnitude)
        magnitude->refresh(usedWeight(), *adapter);
}

template <class T>
void Linear<T>::writeMerged(Matrix<T> merged) const
{
    std::vector<T> storage;
    const ConstMatrix<T> base = usedWeight().readable(storage);
    if (!adapter || adapter->strength == 0) {
        copyRows<T>(base, merged);
    } else {
        adapter->writeDelta(merged);
        addScaled<T>(T(1), base, merged);
    }
    if (adapter && adapter->start && adapter->strength != 1)
        gemm<T>(Transpose::No, Transpose::No, static_cast<T>(adapter->scaling * (1 - adapter->strength)),
                adapter->startB(), adapter->startA(), T(1), merged);
    if (magnitude && adapter->strength != 0)
        for (std::int64_t i = 0; i < merged.rows; ++i)
            for (std::int64_t k = 0; k < merged.cols; ++k)
                merged(i, k) *= magnitude->factors()[static_cast<std::size_t>(i)];
}

template <class T>
void Linear<T>::writeChange(Matrix<T> change) const
{
    writeMerged(change);
    std::vector<T> storage;
    addScaled<T>(T(-1), usedWeight().readable(storage), change);
    if (adapter && adapter->start)
        gemm<T>(Transpose::No, Transpose::No, static_cast<T>(-adapter->scaling), adapter->startB(),
                adapter->startA(), T(1), change);
}

template <class T>
void Linear<T>::mergeAdapter()
{
    if (!adapter)
        return;
    if (isTied())
        untie(); // the update is the head's alone, not the embeddings'
    std::vector<T> merged(static_cast<std::size_t>(weight.size()));
    writeMerged({merged.data(), outFeatures(), inFeatures()});
    std::copy(merged.begin(), merged.end(), weight.mutableValue().data);
    adapter.reset();
    magnitude.reset();
}

template class Linear<float>;
template class Linear<double>;

} // namespace lora
