#include "core/lora/trainable_parameters.h"

namespace lora {

template <class T>
TrainableParameters<T>::TrainableParameters(LanguageModel<T>& model,
                                            const std::function<bool(const Parameter<T>&)>& isTrained)
{
    model.visitParameters([&](Parameter<T>& parameter) {
        if (!isTrained(parameter)) {
            parameter.setGradientOffset(-1);
            return;
        }
        parameter.mutableValue(); // leaves the mapped file now, not in the middle of a step
        parameter.setGradientOffset(m_size);
        m_size += parameter.size();
        m_parameters.push_back(&parameter);
    });
}

template class TrainableParameters<float>;
template class TrainableParameters<double>;

} // namespace lora
