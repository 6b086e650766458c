#include "core/nn/layer_norm.h"

#include "core/math/layer_norm_kernels.h"

namespace lora {

template <class T>
LayerNorm<T>::LayerNorm(const std::string& moduleName, std::int64_t features, double epsilon)
    : weight(moduleName + ".weight", {features})
    , bias(moduleName + ".bias", {features})
    , m_epsilon(static_cast<T>(epsilon))
{}

template <class T>
void LayerNorm<T>::forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const
{
    if (saved) {
        saved->x = x;
        saved->mean = context.arena->template array<T>(x.rows);
        saved->rstd = context.arena->template array<T>(x.rows);
    }
    layerNormRows<T>(x, weight.data(), bias.data(), m_epsilon, y, saved ? saved->mean : nullptr,
                     saved ? saved->rstd : nullptr);
}

template <class T>
void LayerNorm<T>::backward(PassContext<T>& context, const Saved& saved, Matrix<T> dy) const
{
    layerNormRowsBackward<T>(saved.x, weight.data(), saved.mean, saved.rstd, dy, dy,
                             context.gradients->of(weight).data, context.gradients->of(bias).data);
}

template class LayerNorm<float>;
template class LayerNorm<double>;

} // namespace lora
