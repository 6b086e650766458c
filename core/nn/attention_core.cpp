#include "core/nn/attention_core.h"

#include "core/math/elementwise.h"
#include "core/math/gemm.h"
#include "core/nn/attention_strips.h"

#include <cmath>

namespace lora {

namespace {

std::int64_t longest(std::span<const std::int32_t> offsets)
{
    std::int64_t length = 0;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        length = std::max<std::int64_t>(length, offsets[s + 1] - offsets[s]);
    return length;
}

template <class T>
void fill(Matrix<T> x, T value)
{
    for (std::int64_t r = 0; r < x.rows; ++r)
        std::fill_n(x.row(r), x.cols, value);
}

} // namespace

template <class T>
AttentionCore<T>::AttentionCore(const AttentionShape& shape)
    : m_shape(shape)
    , m_scale(shape.scale > 0 ? static_cast<T>(shape.scale) : T(1) / std::sqrt(static_cast<T>(shape.headDim)))
{
    LORA_ASSERT(shape.heads % shape.keyValueHeads == 0);
}

/// One head of one sequence; of a causal one a strip of its queries and the keys they see.
template <class T>
struct AttentionCore<T>::Piece
{
    std::int64_t firstToken, length;  ///< keys and values
    std::int64_t firstQuery, queries; ///< rows of q
    std::int64_t head;
    std::uint64_t index; ///< for dropout keys
};

template <class T>
template <class F>
void AttentionCore<T>::forPieces(std::span<const std::int32_t> offsets, const NeededRows* rows,
                                 const F& f) const
{
    const std::span<const std::int32_t> queryOffsets =
        rows ? std::span<const std::int32_t>(rows->offsets) : offsets;
    std::uint64_t index = 0;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        for (std::int64_t head = 0; head < m_shape.heads; ++head) {
            Piece piece{offsets[s],
                        offsets[s + 1] - offsets[s],
                        queryOffsets[s],
                        queryOffsets[s + 1] - queryOffsets[s],
                        head,
                        index};
            if (m_shape.isCausal)
                forStrips(piece, rows, f);
            else if (piece.queries > 0)
                f(piece);
            index += static_cast<std::uint64_t>(piece.queries);
        }
}

/// The strips of a causal piece: no products with keys after a strip's last query.
template <class T>
template <class F>
void AttentionCore<T>::forStrips(Piece piece, const NeededRows* rows, const F& f) const
{
    const std::int64_t begin = piece.firstQuery, end = begin + piece.queries;
    for (std::int64_t first = begin; first < end; first += attentionStrip) {
        piece.firstQuery = first;
        piece.queries = std::min(attentionStrip, end - first);
        const std::int64_t last = first + piece.queries - 1;
        piece.length = 1 - piece.firstToken + (rows ? rows->tokens[static_cast<std::size_t>(last)] : last);
        f(piece);
        ++piece.index;
    }
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
void AttentionCore<T>::normalize(Matrix<T> scores, const Piece& piece, const NeededRows* rows) const
{
    if (!rows || !m_shape.isCausal)
        return normalize(scores, piece.firstQuery - piece.firstToken);
    for (std::int64_t r = 0; r < scores.rows; ++r)
        normalize(scores.rowRange(r, 1),
                  rows->tokens[static_cast<std::size_t>(piece.firstQuery + r)] - piece.firstToken);
}

template <class T>
void AttentionCore<T>::forward(PassContext<T>& context, ConstMatrix<T> q, ConstMatrix<T> k, ConstMatrix<T> v,
                               Matrix<T> out, Saved* saved, const NeededRows* rows) const
{
    const bool hasDropout = context.isDropoutOn && dropoutProbability > 0;
    const std::uint64_t key = hasDropout ? context.nextDropoutKey() : 0;
    const std::int64_t atOnce = attendedAtOnce(longest(context.offsets), m_shape.isCausal);
    T* kept = nullptr;
    if (saved) {
        std::int64_t size = 0;
        forPieces(context.offsets, rows, [&](const Piece& piece) { size += piece.queries * piece.length; });
        kept = context.arena->template array<T>(size);
        *saved = {q, k, v, kept, rows, key};
    }
    const ArenaScope scope(*context.arena);
    T* scratch = saved ? nullptr : context.arena->template array<T>(atOnce);
    T* droppedScratch = hasDropout ? context.arena->template array<T>(atOnce) : nullptr;
    const std::int64_t group = m_shape.heads / m_shape.keyValueHeads;
    forPieces(context.offsets, rows, [&](const Piece& piece) {
        const auto queryPart = [&](auto matrix) {
            return matrix.rowRange(piece.firstQuery, piece.queries)
                .colRange(piece.head * m_shape.headDim, m_shape.headDim);
        };
        const auto keyPart = [&](auto matrix) {
            return matrix.rowRange(piece.firstToken, piece.length)
                .colRange(piece.head / group * m_shape.headDim, m_shape.headDim);
        };
        Matrix<T> p(saved ? kept : scratch, piece.queries, piece.length);
        multiplyByTransposed<T>(queryPart(q), keyPart(k), p);
        normalize(p, piece, rows);
        Matrix<T> weights = p;
        if (hasDropout) {
            weights = Matrix<T>(droppedScratch, piece.queries, piece.length);
            dropout<T>(p, dropoutProbability, mixBits(key + piece.index), weights);
        }
        gemm<T>(Transpose::No, Transpose::No, T(1), weights, keyPart(v), T(0), queryPart(out));
        if (saved)
            kept += piece.queries * piece.length;
    });
}

template <class T>
void AttentionCore<T>::backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dout,
                                Matrix<T> dq, Matrix<T> dk, Matrix<T> dv) const
{
    const ArenaScope scope(*context.arena);
    const std::int64_t atOnce = attendedAtOnce(longest(context.offsets), m_shape.isCausal);
    T* gradientScratch = context.arena->template array<T>(atOnce);
    const bool hasDropout = saved.dropoutKey != 0;
    T* droppedScratch = hasDropout ? context.arena->template array<T>(atOnce) : nullptr;
    const T* kept = saved.probabilities;
    // Heads of a group and strips of a head add to the same keys' and values' gradients.
    fill(dk, T(0));
    fill(dv, T(0));
    const std::int64_t group = m_shape.heads / m_shape.keyValueHeads;
    forPieces(context.offsets, saved.rows, [&](const Piece& piece) {
        const auto queryPart = [&](auto matrix) {
            return matrix.rowRange(piece.firstQuery, piece.queries)
                .colRange(piece.head * m_shape.headDim, m_shape.headDim);
        };
        const auto keyPart = [&](auto matrix) {
            return matrix.rowRange(piece.firstToken, piece.length)
                .colRange(piece.head / group * m_shape.headDim, m_shape.headDim);
        };
        const ConstMatrix<T> p(kept, piece.queries, piece.length);
        ConstMatrix<T> weights = p;
        if (hasDropout) {
            const Matrix<T> dropped(droppedScratch, piece.queries, piece.length);
            dropout<T>(p, dropoutProbability, mixBits(saved.dropoutKey + piece.index), dropped);
            weights = dropped;
        }
        gemm<T>(Transpose::Yes, Transpose::No, T(1), weights, queryPart(dout), T(1), keyPart(dv));
        const Matrix<T> dp(gradientScratch, piece.queries, piece.length);
        multiplyByTransposed<T>(queryPart(dout), keyPart(saved.v), dp);
        if (hasDropout)
            dropout<T>(dp, dropoutProbability, mixBits(saved.dropoutKey + piece.index), dp);
        softmaxRowsBackward<T>(p, m_scale, dp); // hidden positions have p = 0 and so no gradient
        gemm<T>(Transpose::No, Transpose::No, T(1), dp, keyPart(saved.k), T(0), queryPart(dq));
        gemm<T>(Transpose::Yes, Transpose::No, T(1), dp, queryPart(saved.q), T(1), keyPart(dk));
        kept += piece.queries * piece.length;
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
