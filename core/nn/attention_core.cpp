#include "core/nn/attention_core.h"

#include "core/math/elementwise.h"
#include "core/math/gemm.h"

#include <cmath>

namespace lora {

namespace {

/// Calls f(firstToken, length, head) for each head of each sequence, with a running index for dropout keys.
template <class F>
void forHeads(std::span<const std::int32_t> offsets, std::int64_t heads, const F& f)
{
    std::uint64_t index = 0;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        for (std::int64_t head = 0; head < heads; ++head)
            f(std::int64_t{offsets[s]}, std::int64_t{offsets[s + 1] - offsets[s]}, head, index++);
}

std::int64_t longest(std::span<const std::int32_t> offsets)
{
    std::int64_t length = 0;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        length = std::max<std::int64_t>(length, offsets[s + 1] - offsets[s]);
    return length;
}

} // namespace

template <class T>
AttentionCore<T>::AttentionCore(const AttentionShape& shape)
    : m_shape(shape)
    , m_scale(shape.scale > 0 ? static_cast<T>(shape.scale) : T(1) / std::sqrt(static_cast<T>(shape.headDim)))
{
    LORA_ASSERT(shape.heads % shape.keyValueHeads == 0);
}

template <class T>
void AttentionCore<T>::normalize(Matrix<T> scores, std::int64_t first) const
{
    if (m_shape.isCausal)
        softmaxCausalRows<T>(scores, m_scale, first, m_shape.window);
    else
        softmaxRows<T>(scores, m_scale);
}

template <class T>
void AttentionCore<T>::forward(PassContext<T>& context, ConstMatrix<T> q, ConstMatrix<T> k, ConstMatrix<T> v,
                               Matrix<T> out, Saved* saved) const
{
    const bool hasDropout = context.isDropoutOn && dropoutProbability > 0;
    const std::uint64_t key = hasDropout ? context.nextDropoutKey() : 0;
    const std::int64_t largest = longest(context.offsets);
    T* kept = nullptr;
    if (saved) {
        std::int64_t size = 0;
        for (std::size_t s = 0; s + 1 < context.offsets.size(); ++s)
            size += savedSize(m_shape.heads, context.offsets[s + 1] - context.offsets[s]);
        kept = context.arena->template array<T>(size);
        *saved = {q, k, v, kept, key};
    }
    const ArenaScope scope(*context.arena);
    T* scratch = saved ? nullptr : context.arena->template array<T>(largest * largest);
    T* droppedScratch = hasDropout ? context.arena->template array<T>(largest * largest) : nullptr;
    const std::int64_t group = m_shape.heads / m_shape.keyValueHeads;
    forHeads(context.offsets, m_shape.heads,
             [&](std::int64_t first, std::int64_t length, std::int64_t head, std::uint64_t index) {
                 const auto part = [&](auto matrix, std::int64_t h) {
                     return matrix.rowRange(first, length).colRange(h * m_shape.headDim, m_shape.headDim);
                 };
                 Matrix<T> p(saved ? kept : scratch, length, length);
                 multiplyByTransposed<T>(part(q, head), part(k, head / group), p);
                 normalize(p, 0);
                 Matrix<T> weights = p;
                 if (hasDropout) {
                     weights = Matrix<T>(droppedScratch, length, length);
                     dropout<T>(p, dropoutProbability, mixBits(key + index), weights);
                 }
                 gemm<T>(Transpose::No, Transpose::No, T(1), weights, part(v, head / group), T(0),
                         part(out, head));
                 if (saved)
                     kept += length * length;
             });
}

template <class T>
void AttentionCore<T>::backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dout,
                                Matrix<T> dq, Matrix<T> dk, Matrix<T> dv) const
{
    const ArenaScope scope(*context.arena);
    const std::int64_t largest = longest(context.offsets);
    T* gradientScratch = context.arena->template array<T>(largest * largest);
    const bool hasDropout = saved.dropoutKey != 0;
    T* droppedScratch = hasDropout ? context.arena->template array<T>(largest * largest) : nullptr;
    const T* kept = saved.probabilities;
    const std::int64_t group = m_shape.heads / m_shape.keyValueHeads;
    forHeads(
        context.offsets, m_shape.heads,
        [&](std::int64_t first, std::int64_t length, std::int64_t head, std::uint64_t index) {
            const auto part = [&](auto matrix, std::int64_t h) {
                return matrix.rowRange(first, length).colRange(h * m_shape.headDim, m_shape.headDim);
            };
            // The first head of a group writes its keys' and values' gradients, the others add.
            const T keep = head % group == 0 ? T(0) : T(1);
            const std::int64_t shared = head / group;
            const ConstMatrix<T> p(kept, length, length);
            ConstMatrix<T> weights = p;
            if (hasDropout) {
                const Matrix<T> dropped(droppedScratch, length, length);
                dropout<T>(p, dropoutProbability, mixBits(saved.dropoutKey + index), dropped);
                weights = dropped;
            }
            gemm<T>(Transpose::Yes, Transpose::No, T(1), weights, part(dout, head), keep, part(dv, shared));
            const Matrix<T> dp(gradientScratch, length, length);
            multiplyByTransposed<T>(part(dout, head), part(saved.v, shared), dp);
            if (hasDropout)
                dropout<T>(dp, dropoutProbability, mixBits(saved.dropoutKey + index), dp);
            softmaxRowsBackward<T>(p, m_scale, dp); // hidden positions have p = 0 and so no gradient
            gemm<T>(Transpose::No, Transpose::No, T(1), dp, part(saved.k, shared), T(0), part(dq, head));
            gemm<T>(Transpose::Yes, Transpose::No, T(1), dp, part(saved.q, head), keep, part(dk, shared));
            kept += length * length;
        });
}

template <class T>
void AttentionCore<T>::extend(PassContext<T>& context, ConstMatrix<T> q, ConstMatrix<T> keys,
                              ConstMatrix<T> values, Matrix<T> out) const
{
    const ArenaScope scope(*context.arena);
    const Matrix<T> p = context.arena->template matrix<T>(q.rows, keys.rows);
    const std::int64_t group = m_shape.heads / m_shape.keyValueHeads;
    for (std::int64_t head = 0; head < m_shape.heads; ++head) {
        const auto part = [&](auto matrix, std::int64_t h) {
            return matrix.colRange(h * m_shape.headDim, m_shape.headDim);
        };
        multiplyByTransposed<T>(part(q, head), part(keys, head / group), p);
        normalize(p, keys.rows - q.rows);
        gemm<T>(Transpose::No, Transpose::No, T(1), p, part(values, head / group), T(0), part(out, head));
    }
}

template class AttentionCore<float>;
template class AttentionCore<double>;

} // namespace lora
