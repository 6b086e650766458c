#include "core/nn/linear.h"

#include "core/math/elementwise.h"
#include "core/math/gemm.h"

namespace lora {

template <class T>
Linear<T>::Linear(const std::string& moduleName, std::int64_t in, std::int64_t out, Bias hasBias)
    : weight(moduleName + ".weight", {out, in})
    , m_name(moduleName)
{
    if (hasBias == Bias::Yes)
        bias = Parameter<T>(moduleName + ".bias", {out});
}

template <class T>
void Linear<T>::forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const
{
    forwardWithoutBias(context, x, y, saved);
    if (bias.exists())
        addBias<T>(y, bias.data());
}

template <class T>
void Linear<T>::forwardWithoutBias(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const
{
    multiplyByTransposed<T>(x, weight.value(), y);
    if (saved)
        saved->x = x;
    if (adapter)
        adapter->forward(context, x, y, saved ? &saved->adapter : nullptr);
}

template <class T>
void Linear<T>::backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                         InputGradient inputGradient) const
{
    if (inputGradient != InputGradient::Skip) {
        const T keep = inputGradient == InputGradient::Add ? T(1) : T(0);
        gemm<T>(Transpose::No, Transpose::No, T(1), dy, weight.value(), keep, dx);
    }
    if (adapter)
        adapter->backward(context, saved.adapter, dy, dx, inputGradient);
    if (weight.isTrainable())
        gemm<T>(Transpose::Yes, Transpose::No, T(1), dy, saved.x, T(1), context.gradients->of(weight));
    if (bias.isTrainable())
        addColumnSums<T>(dy, context.gradients->of(bias).data);
}

template <class T>
void Linear<T>::mergeAdapter()
{
    if (!adapter)
        return;
    std::vector<T> delta(static_cast<std::size_t>(weight.size()));
    adapter->writeDelta({delta.data(), outFeatures(), inFeatures()});
    addScaled<T>(T(1), ConstMatrix<T>(delta.data(), outFeatures(), inFeatures()), weight.mutableValue());
    adapter.reset();
}

template class Linear<float>;
template class Linear<double>;

} // namespace lora
