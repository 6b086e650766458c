#pragma once

#include "core/models/language_model.h"

#include <functional>
#include <vector>

namespace lora {

/// The weights a run changes, in the order the model visits them; decides where each one's gradient and
/// optimiser state lie. Everything else is frozen.
template <class T>
class TrainableParameters
{
public:
    /// Makes exactly the parameters for which `isTrained` says so trainable.
    TrainableParameters(LanguageModel<T>& model, const std::function<bool(const Parameter<T>&)>& isTrained);

    const std::vector<Parameter<T>*>& parameters() const { return m_parameters; }
    std::int64_t size() const { return m_size; } ///< numbers in all

private:
    std::vector<Parameter<T>*> m_parameters;
    std::int64_t m_size = 0;
};

} // namespace lora
