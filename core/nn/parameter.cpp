#include "core/nn/parameter.h"

#include "core/base/process_memory.h"

#include <algorithm>

namespace lora {

namespace {

template <class T>
T widened(BFloat16 half)
{
    return static_cast<T>(toFloat(half));
}

} // namespace

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
        else if (m_halves)
            std::transform(m_halves.get(), m_halves.get() + size(), values.get(), widened<T>);
        m_halves.reset(); // what is written need not stay representable
        if (m_isMapped)
            forgetMappedPages(m_values.get(), static_cast<std::size_t>(size()) * sizeof(T));
        m_values = std::shared_ptr<const T>(values, values.get());
        m_isOwned = true;
        m_isMapped = false;
    }
    return {const_cast<T*>(m_values.get()), m_rows, m_cols};
}

template <class T>
void Parameter<T>::view(const T* values, std::shared_ptr<const void> owner)
{
    m_values = std::shared_ptr<const T>(std::move(owner), values);
    m_isOwned = false;
    m_isMapped = true;
}

template <class T>
void Parameter<T>::useBFloat16()
{
    LORA_ASSERT((std::is_same_v<T, float>)&&!isTrainable());
    if (m_halves || !m_values)
        return;
    std::shared_ptr<BFloat16[]> halves(new BFloat16[static_cast<std::size_t>(size())]);
    std::transform(m_values.get(), m_values.get() + size(), halves.get(),
                   [](T value) { return toBFloat16(static_cast<float>(value)); });
    m_halves = std::shared_ptr<const BFloat16>(halves, halves.get());
    if (m_isMapped)
        forgetMappedPages(m_values.get(), static_cast<std::size_t>(size()) * sizeof(T));
    else
        m_values.reset();
    m_isOwned = false;
}

template <class T>
ConstMatrix<T> Parameter<T>::readable(std::vector<T>& storage) const
{
    if (m_values || !m_halves)
        return value();
    storage.resize(static_cast<std::size_t>(size()));
    std::transform(m_halves.get(), m_halves.get() + size(), storage.begin(), widened<T>);
    return {storage.data(), m_rows, m_cols};
}

template <class T>
std::span<const std::byte> Parameter<T>::bytes() const
{
    const auto count = static_cast<std::size_t>(size());
    if (!m_values && m_halves)
        return std::as_bytes(std::span(m_halves.get(), count));
    return std::as_bytes(std::span(m_values.get(), m_values ? count : 0));
}

template class Parameter<float>;
template class Parameter<double>;

} // namespace lora
