#pragma once

#include "core/math/bfloat16.h"
#include "core/math/matrix.h"

#include <memory>
#include <span>
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
    /// Copied first where the values are shared; no longer bfloat16.
    Matrix<T> mutableValue();
    /// Bytes on the heap; 0 while the values are a view into a mapped file.
    std::int64_t ownedBytes() const
    {
        return (m_isOwned ? size() * static_cast<std::int64_t>(sizeof(T)) : 0) +
               (m_halves ? size() * static_cast<std::int64_t>(sizeof(BFloat16)) : 0);
    }

    /// Uses `values` ([size] numbers of a mapped file, kept alive by `owner`) without copying.
    void view(const T* values, std::shared_ptr<const void> owner);
    bool hasValues() const { return m_values != nullptr || m_halves != nullptr; }

    /// From now on products with this weight are done in bfloat16, rounded to nearest. Values of its own are
    /// given up for the rounded ones; those of a mapped file stay as they are, without memory of their own.
    /// Only for frozen float weights.
    void useBFloat16();
    bool isBFloat16() const { return m_halves != nullptr; }
    ConstMatrix<BFloat16> halves() const { return {m_halves.get(), m_rows, m_cols}; }
    /// The values for reading, also where there are only rounded ones: then they are put into `storage`.
    ConstMatrix<T> readable(std::vector<T>& storage) const;
    /// What a hash is made of: values, or the rounded ones where there are no others.
    std::span<const std::byte> bytes() const;

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
        m_halves = other.m_halves;
        m_isOwned = false;
        m_isMapped = other.m_isMapped;
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
    std::shared_ptr<const BFloat16> m_halves;
    bool m_isOwned = false;
    bool m_isMapped = false; ///< the values lie in a mapped file
    bool m_isTransposedInFiles = false;
    std::int64_t m_gradientOffset = -1;
};

} // namespace lora
