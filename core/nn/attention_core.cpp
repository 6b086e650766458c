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
AttentionCore<T>::AttentionCore(std::int64_t heads, std::int64_t headDim)
    : m_heads(heads)
    , m_headDim(headDim)
    , m_scale(T(1) / std::sqrt(static_cast<T>(headDim)))
{}

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
            size += savedSize(m_heads, context.offsets[s + 1] - context.offsets[s]);
        kept = context.arena->template array<T>(size);
        *saved = {q, k, v, kept, key};
    }
    const ArenaScope scope(*context.arena);
    T* scratch = saved ? nullptr : context.arena->template array<T>(largest * largest);
    T* droppedScratch = hasDropout ? context.arena->template array<T>(largest * largest) : nullptr;
    forHeads(context.offsets, m_heads,
             [&](std::int64_t first, std::int64_t length, std::int64_t head, std::uint64_t index) {
                 const auto part = [&](auto matrix) {
                     return matrix.rowRange(first, length).colRange(head * m_headDim, m_headDim);
                 };
                 Matrix<T> p(saved ? kept : scratch, length, length);
                 multiplyByTransposed<T>(part(q), part(k), p);
                 softmaxRows<T>(p, m_scale);
                 Matrix<T> weights = p;
                 if (hasDropout) {
                     weights = Matrix<T>(droppedScratch, length, length);
                     dropout<T>(p, dropoutProbability, mixBits(key + index), weights);
                 }
                 gemm<T>(Transpose::No, Transpose::No, T(1), weights, part(v), T(0), part(out));
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
    forHeads(context.offsets, m_heads,
             [&](std::int64_t first, std::int64_t length, std::int64_t head, std::uint64_t index) {
                 const auto part = [&](auto matrix) {
                     return matrix.rowRange(first, length).colRange(head * m_headDim, m_headDim);
                 };
                 const ConstMatrix<T> p(kept, length, length);
                 ConstMatrix<T> weights = p;
                 if (hasDropout) {
                     const Matrix<T> dropped(droppedScratch, length, length);
                     dropout<T>(p, dropoutProbability, mixBits(saved.dropoutKey + index), dropped);
                     weights = dropped;
                 }
                 gemm<T>(Transpose::Yes, Transpose::No, T(1), weights, part(dout), T(0), part(dv));
                 const Matrix<T> dp(gradientScratch, length, length);
                 multiplyByTransposed<T>(part(dout), part(saved.v), dp);
                 if (hasDropout)
                     dropout<T>(dp, dropoutProbability, mixBits(saved.dropoutKey + index), dp);
                 softmaxRowsBackward<T>(p, m_scale, dp);
                 gemm<T>(Transpose::No, Transpose::No, T(1), dp, part(saved.k), T(0), part(dq));
                 gemm<T>(Transpose::Yes, Transpose::No, T(1), dp, part(saved.q), T(0), part(dk));
                 kept += length * length;
             });
}

template class AttentionCore<float>;
template class AttentionCore<double>;

} // namespace lora
