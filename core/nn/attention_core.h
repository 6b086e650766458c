#pragma once

#include "core/nn/pass_context.h"

#include <cstdint>

namespace lora {

/// Scaled dot-product attention (Vaswani et al., arXiv:1706.03762) inside each packed sequence: every head of
/// every sequence is its own small product, so padding never exists. q, k, v and the result are [tokens,
/// heads · headDim].
template <class T>
class AttentionCore
{
public:
    struct Saved
    {
        ConstMatrix<T> q, k, v;
        T* probabilities = nullptr; ///< for each sequence of length t, heads · [t, t] one after the other
        std::uint64_t dropoutKey = 0;
    };

    AttentionCore(std::int64_t heads, std::int64_t headDim);

    /// Numbers kept for backward for one sequence of so many tokens.
    static std::int64_t savedSize(std::int64_t heads, std::int64_t length) { return heads * length * length; }

    void forward(PassContext<T>& context, ConstMatrix<T> q, ConstMatrix<T> k, ConstMatrix<T> v, Matrix<T> out,
                 Saved* saved) const;
    /// Overwrites dq, dk, dv.
    void backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dout, Matrix<T> dq,
                  Matrix<T> dk, Matrix<T> dv) const;

    double dropoutProbability = 0;

private:
    std::int64_t m_heads;
    std::int64_t m_headDim;
    T m_scale;
};

} // namespace lora
