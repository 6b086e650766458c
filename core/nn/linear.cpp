#include "core/nn/linear.h"

#include "core/math/elementwise.h"
#include "core/math/gemm.h"

namespace lora {

namespace {

/// y = x Wᵀ + bias, in the numbers the weight has for products.
template <class T>
void multiplyForward(ConstMatrix<T> x, const Parameter<T>& w, Matrix<T> y, const T* bias)
{
    if constexpr (std::is_same_v<T, float>)
        if (w.isBFloat16())
            return multiplyByTransposed(x, w.halves(), y, bias);
    multiplyByTransposed<T>(x, w.value(), y, bias);
}

/// dx = dy W + keep · dx.
template <class T>
void multiplyBackward(ConstMatrix<T> dy, const Parameter<T>& w, T keep, Matrix<T> dx)
{
    if constexpr (std::is_same_v<T, float>)
        if (w.isBFloat16())
            return multiply(dy, w.halves(), keep, dx);
    gemm<T>(Transpose::No, Transpose::No, T(1), dy, w.value(), keep, dx);
}

} // namespace

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
void Linear<T>::forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const
{
    multiplyForward(x, usedWeight(), y, bias.data());
    if (saved)
        saved->x = x;
    if (adapter)
        adapter->forward(context, x, y, saved ? &saved->adapter : nullptr);
}

template <class T>
void Linear<T>::backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                         InputGradient inputGradient) const
{
    const Parameter<T>& w = usedWeight();
    if (inputGradient != InputGradient::Skip) {
        const T keep = inputGradient == InputGradient::Add ? T(1) : T(0);
        multiplyBackward(dy, w, keep, dx);
    }
    if (adapter)
        adapter->backward(context, saved.adapter, dy, dx, inputGradient);
    if (w.isTrainable())
        gemm<T>(Transpose::Yes, Transpose::No, T(1), dy, saved.x, T(1), context.gradients->of(w));
    if (bias.isTrainable())
        addColumnSums<T>(dy, context.gradients->of(bias).data);
}

template <class T>
void Linear<T>::mergeAdapter()
{
    if (!adapter)
        return;
    if (isTied())
        untie(); // the update is the head's alone, not the embeddings'
    std::vector<T> delta(static_cast<std::size_t>(weight.size()));
    adapter->writeDelta({delta.data(), outFeatures(), inFeatures()});
    addScaled<T>(T(1), ConstMatrix<T>(delta.data(), outFeatures(), inFeatures()), weight.mutableValue());
    adapter.reset();
}

template class Linear<float>;
template class Linear<double>;

} // namespace lora
