#include "core/nn/norm.h"

#include "core/math/norm_kernels.h"

namespace lora {

template <class T>
Norm<T>::Norm(const std::string& moduleName, std::int64_t features, double epsilon, NormKind kind)
    : weight(moduleName + ".weight", {features})
    , m_epsilon(static_cast<T>(epsilon))
{
    if (kind == NormKind::Layer)
        bias = Parameter<T>(moduleName + ".bias", {features});
}

template <class T>
void Norm<T>::forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const
{
    const bool isCentred = bias.exists();
    T* mean = nullptr;
    T* rstd = nullptr;
    if (saved) {
        mean = isCentred ? context.arena->template array<T>(x.rows) : nullptr;
        rstd = context.arena->template array<T>(x.rows);
        *saved = {x, mean, rstd};
    }
    if (isCentred)
        layerNormRows<T>(x, weight.data(), bias.data(), m_epsilon, y, mean, rstd);
    else
        rmsNormRows<T>(x, weight.data(), m_epsilon, y, rstd);
}

template <class T>
void Norm<T>::backward(PassContext<T>& context, const Saved& saved, Matrix<T> dy) const
{
    T* dWeight = context.gradients->of(weight).data;
    if (bias.exists())
        layerNormRowsBackward<T>(saved.x, weight.data(), saved.mean, saved.rstd, dy, dy, dWeight,
                                 context.gradients->of(bias).data);
    else
        rmsNormRowsBackward<T>(saved.x, weight.data(), saved.rstd, dy, dy, dWeight);
}

template class Norm<float>;
template class Norm<double>;

} // namespace lora
