#pragma once

#include "core/base/rng.h"
#include "core/math/matrix.h"

#include <span>
#include <vector>

namespace lora::bench {

/// A matrix that owns its numbers; random, so that no kernel meets a special value.
class Numbers
{
public:
    Numbers(std::int64_t rows, std::int64_t cols)
        : m_values(static_cast<std::size_t>(rows * cols))
        , m_rows(rows)
        , m_cols(cols)
    {
        Rng rng(1, "kernel benchmark");
        for (float& value : m_values)
            value = static_cast<float>(rng.uniform(-1, 1));
    }

    Matrix<float> matrix() { return {m_values.data(), m_rows, m_cols}; }
    float* data() { return m_values.data(); }
    std::span<float> all() { return m_values; }

private:
    std::vector<float> m_values;
    std::int64_t m_rows, m_cols;
};

/// Registers the products of a training step with Google Benchmark.
void addProducts();
/// Registers the kernels that pass once over activations, gradients or weights.
void addOnePassKernels();

} // namespace lora::bench
