#include "core/nn/parameter.h"

namespace lora {

template <class T>
Parameter<T>::Parameter(std::string name, std::vector<std::int64_t> shape)
    : m_name(std::move(name))
    , m_shape(std::move(shape))
{
    LORA_ASSERT(m_shape.size() == 1 || m_shape.size() == 2);
    m_rows = m_shape.size() == 2 ? m_shape[0] : 1;
    m_cols = m_shape.back();
}

template <class T>
Matrix<T> Parameter<T>::mutableValue()
{
    if (!m_isOwned) {
        std::shared_ptr<T[]> values(new T[static_cast<std::size_t>(size())]());
        if (m_values)
            std::copy_n(m_values.get(), size(), values.get());
        m_values = std::shared_ptr<const T>(values, values.get());
        m_isOwned = true;
    }
    return {const_cast<T*>(m_values.get()), m_rows, m_cols};
}

template <class T>
void Parameter<T>::view(const T* values, std::shared_ptr<const void> owner)
{
    m_values = std::shared_ptr<const T>(std::move(owner), values);
    m_isOwned = false;
}

template class Parameter<float>;
template class Parameter<double>;

} // namespace lora
