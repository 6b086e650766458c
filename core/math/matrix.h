#pragma once

#include "core/base/check.h"

#include <cstdint>
#include <type_traits>

namespace lora {

/// A row-major view of numbers somebody else owns: element (r, c) is data[r * stride + c]. Copying copies the
/// view. `Matrix<const T>` is read-only. A default-made view is empty and means "not wanted" where an output
/// is optional.
template <class T>
struct Matrix
{
    T* data = nullptr;
    std::int64_t rows = 0;
    std::int64_t cols = 0;
    std::int64_t stride = 0;

    Matrix() = default;
    Matrix(T* values, std::int64_t rowCount, std::int64_t colCount)
        : Matrix(values, rowCount, colCount, colCount)
    {}
    Matrix(T* values, std::int64_t rowCount, std::int64_t colCount, std::int64_t rowStride)
        : data(values)
        , rows(rowCount)
        , cols(colCount)
        , stride(rowStride)
    {}

    operator Matrix<const T>() const requires(!std::is_const_v<T>) { return {data, rows, cols, stride}; }

    bool isEmpty() const { return data == nullptr; }
    std::int64_t size() const { return rows * cols; }
    T* row(std::int64_t r) const
    {
        LORA_ASSERT(r >= 0 && r < rows);
        return data + r * stride;
    }
    T& operator()(std::int64_t r, std::int64_t c) const { return row(r)[c]; }

    /// Rows [first, first + count).
    Matrix rowRange(std::int64_t first, std::int64_t count) const
    {
        LORA_ASSERT(first >= 0 && first + count <= rows);
        return {data + first * stride, count, cols, stride};
    }
    /// Columns [first, first + count).
    Matrix colRange(std::int64_t first, std::int64_t count) const
    {
        LORA_ASSERT(first >= 0 && first + count <= cols);
        return {data + first, rows, count, stride};
    }
};

template <class T>
using ConstMatrix = Matrix<const T>;

} // namespace lora
