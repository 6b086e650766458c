#pragma once

#include "core/io/safetensors.h"
#include "core/math/elementwise.h"
#include "core/nn/linear.h"

#include <memory>
#include <string>
#include <vector>

namespace lora {

/// Weights on their way to a file, in the shape files hold them, with storage for what is computed on the
/// way: merged weights, and Conv1D's turned back. Weights taken as they are must outlive the collection.
class TensorCollection
{
public:
    void add(const std::string& name, const Parameter<float>& parameter)
    {
        addValues(name, parameter, readable(parameter));
    }
    /// The weight with its adapter folded in; the model stays as it is.
    void addMerged(const std::string& name, const Linear<float>& linear)
    {
        if (!linear.adapter) {
            add(name, linear.usedWeight());
            return;
        }
        const Matrix<float> merged = store(linear.outFeatures(), linear.inFeatures());
        linear.writeMerged(merged);
        addValues(name, linear.usedWeight(), merged);
    }
    /// A pair that came out of the weight, as plain LoRA of doubled rank on the weight as it was: A' = [A;
    /// A₀], B' = [B, −B₀], so that s B' A' = s B A − s B₀ A₀.
    void addDoubled(const std::string& nameOfA, const std::string& nameOfB, const LoraAdapter<float>& adapter)
    {
        const ConstMatrix<float> a = adapter.a.value();
        const ConstMatrix<float> b = adapter.b.value();
        const Matrix<float> wideA = store(2 * a.rows, a.cols);
        const Matrix<float> wideB = store(b.rows, 2 * b.cols);
        copyRows<float>(a, wideA.rowRange(0, a.rows));
        copyRows<float>(adapter.startA(), wideA.rowRange(a.rows, a.rows));
        copyRows<float>(b, wideB.colRange(0, b.cols));
        for (std::int64_t row = 0; row < b.rows; ++row)
            for (std::int64_t k = 0; k < b.cols; ++k)
                wideB(row, b.cols + k) = -adapter.startB()(row, k);
        m_tensors.push_back(
            {nameOfA, {wideA.rows, wideA.cols}, {wideA.data, static_cast<std::size_t>(wideA.size())}});
        m_tensors.push_back(
            {nameOfB, {wideB.rows, wideB.cols}, {wideB.data, static_cast<std::size_t>(wideB.size())}});
    }
    std::vector<TensorToWrite>& tensors() { return m_tensors; }

private:
    ConstMatrix<float> readable(const Parameter<float>& parameter)
    {
        return parameter.readable(*m_storage.emplace_back(std::make_unique<std::vector<float>>()));
    }

    Matrix<float> store(std::int64_t rows, std::int64_t cols)
    {
        auto& values = *m_storage.emplace_back(
            std::make_unique<std::vector<float>>(static_cast<std::size_t>(rows * cols)));
        return {values.data(), rows, cols};
    }

    void addValues(const std::string& name, const Parameter<float>& parameter, ConstMatrix<float> values)
    {
        if (parameter.isTransposedInFiles()) {
            const Matrix<float> transposed = store(values.cols, values.rows);
            for (std::int64_t r = 0; r < values.rows; ++r)
                for (std::int64_t c = 0; c < values.cols; ++c)
                    transposed(c, r) = values(r, c);
            values = transposed;
        }
        m_tensors.push_back(
            {name, parameter.fileShape(), {values.data, static_cast<std::size_t>(values.size())}});
    }

    std::vector<TensorToWrite> m_tensors;
    std::vector<std::unique_ptr<std::vector<float>>> m_storage;
};

} // namespace lora
