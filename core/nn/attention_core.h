#pragma once

#include "core/nn/pass_context.h"

#include <cstdint>

namespace lora {

struct AttentionShape
{
    std::int64_t heads = 0;
    std::int64_t keyValueHeads = 0; ///< heads share them in groups (Ainslie et al., arXiv:2305.13245)
    std::int64_t headDim = 0;
    bool isCausal = false;
    std::int64_t window = 0; ///< causal: how many tokens a token sees, itself included; 0: all before it
    double scale = 0;        ///< of the scores; 0: 1 / √headDim

    std::int64_t querySize() const { return heads * headDim; }
    std::int64_t keyValueSize() const { return keyValueHeads * headDim; }
};

/// Scaled dot-product attention (Vaswani et al., arXiv:1706.03762) inside each packed sequence: every head of
/// every sequence is its own small product, so padding never exists. q and the result are [tokens, heads ·
/// headDim], k and v [tokens, keyValueHeads · headDim].
template <class T>
class AttentionCore
{
public:
    struct Saved
    {
        ConstMatrix<T> q, k, v;
        /// For each head of each sequence [queries, keys], of causal ones strip by strip, one after the
        /// other.
        T* probabilities = nullptr;
        const NeededRows* rows = nullptr;
        std::uint64_t dropoutKey = 0;
    };

    explicit AttentionCore(const AttentionShape& shape);

    const AttentionShape& shape() const { return m_shape; }
    /// With `rows` there are queries for these tokens alone: q and out are [rows, heads · headDim]. They have
    /// to live until backward.
    void forward(PassContext<T>& context, ConstMatrix<T> q, ConstMatrix<T> k, ConstMatrix<T> v, Matrix<T> out,
                 Saved* saved, const NeededRows* rows = nullptr) const;
    /// Overwrites dq, dk, dv.
    void backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dout, Matrix<T> dq,
                  Matrix<T> dk, Matrix<T> dv) const;
    /// Generation: the new tokens q [n] of one sequence look at keys and values of all its tokens [total],
    /// theirs included.
    void extend(PassContext<T>& context, ConstMatrix<T> q, ConstMatrix<T> keys, ConstMatrix<T> values,
                Matrix<T> out) const;

    double dropoutProbability = 0;

private:
    struct Piece;
    template <class F>
    void forPieces(std::span<const std::int32_t> offsets, const NeededRows* rows, const F& f) const;
    template <class F>
    void forStrips(Piece piece, const NeededRows* rows, const F& f) const;
    void normalize(Matrix<T> scores, std::int64_t first) const;
    void normalize(Matrix<T> scores, const Piece& piece, const NeededRows* rows) const;

    AttentionShape m_shape;
    T m_scale;
};

} // namespace lora
