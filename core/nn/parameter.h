#pragma once

#include "core/math/matrix.h"

#include <memory>
#include <string>
#include <vector>

namespace lora {

/// A named weight. One-dimensional weights are [1, n] matrices. The values are either owned or a read-only
/// view into a mapped file, which is copied the first time somebody wants to write. Names are Hugging Face's.
template <class T>
class Parameter
{
public:
    Parameter() = default;
    Parameter(std::string name, std::vector<std::int64_t> shape);

    const std::string& name() const { return m_name; }
    const std::vector<std::int64_t>& shape() const { return m_shape; }
    std::int64_t size() const { return m_rows * m_cols; }
    bool exists() const { return m_rows > 0; }

    ConstMatrix<T> value() const { return {m_values.get(), m_rows, m_cols}; }
    const T* data() const { return m_values.get(); }
    Matrix<T> mutableValue();
    /// Bytes on the heap; 0 while the values are a view into a mapped file.
    std::int64_t ownedBytes() const { return m_isOwned ? size() * static_cast<std::int64_t>(sizeof(T)) : 0; }

    /// Uses `values` ([size] numbers kept alive by `owner`) without copying.
    void view(const T* values, std::shared_ptr<const void> owner);
    bool hasValues() const { return m_values != nullptr; }

    /// Whether checkpoints hold this matrix transposed: GPT-2's Conv1D is [in, out] in files, [out, in] here.
    bool isTransposedInFiles() const { return m_isTransposedInFiles; }
    void setTransposedInFiles() { m_isTransposedInFiles = true; }
    /// Shape in files.
    std::vector<std::int64_t> fileShape() const
    {
        return m_isTransposedInFiles ? std::vector<std::int64_t>(m_shape.rbegin(), m_shape.rend()) : m_shape;
    }
    /// Another parameter's values under this one's name, shared until somebody writes.
    void shareValuesOf(const Parameter& other)
    {
        m_values = other.m_values;
        m_isOwned = false;
    }

    bool isTrainable() const { return m_gradientOffset >= 0; }
    /// Place of this weight's gradient in every GradientStore; -1 while frozen. Set by TrainableParameters
    /// alone.
    std::int64_t gradientOffset() const { return m_gradientOffset; }
    void setGradientOffset(std::int64_t offset) { m_gradientOffset = offset; }

private:
    std::string m_name;
    std::vector<std::int64_t> m_shape;
    std::int64_t m_rows = 0;
    std::int64_t m_cols = 0;
    std::shared_ptr<const T> m_values;
    bool m_isOwned = false;
    bool m_isTransposedInFiles = false;
    std::int64_t m_gradientOffset = -1;
};

/// Gradients of all trainable parameters, one after the other in one block; every worker has its own.
template <class T>
class GradientStore
{
public:
    explicit GradientStore(std::int64_t size)
        : m_values(static_cast<std::size_t>(size))
    {}

    /// Gradient of `parameter`, shaped as its value; empty while it is frozen.
    Matrix<T> of(const Parameter<T>& parameter)
    {
        if (!parameter.isTrainable())
            return {};
        const ConstMatrix<T> value = parameter.value();
        return {m_values.data() + parameter.gradientOffset(), value.rows, value.cols};
    }
    std::vector<T>& values() { return m_values; }
    const std::vector<T>& values() const { return m_values; }

private:
    std::vector<T> m_values;
};

} // namespace lora
