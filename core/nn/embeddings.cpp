#include "core/nn/embeddings.h"

#include "core/math/elementwise.h"

namespace lora {

namespace {

/// Calls f(token, positionInSequence) for every token of the packed batch.
template <class F>
void forTokens(std::span<const std::int32_t> offsets, const F& f)
{
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s)
        for (std::int32_t token = offsets[s]; token < offsets[s + 1]; ++token)
            f(token, token - offsets[s]);
}

template <class T>
void copyWord(const Parameter<T>& word, std::int32_t id, T* to)
{
    if (!word.isBFloat16()) {
        std::copy_n(word.value().row(id), word.value().cols, to);
        return;
    }
    const BFloat16* from = word.halves().row(id);
    std::transform(from, from + word.halves().cols, to,
                   [](BFloat16 half) { return static_cast<T>(toFloat(half)); });
}

template <class T>
void addRow(const T* from, T* to, std::int64_t cols)
{
    for (std::int64_t c = 0; c < cols; ++c)
        to[c] += from[c];
}

} // namespace

template <class T>
Embeddings<T>::Embeddings(const EmbeddingNames& names, const EmbeddingShape& shape)
    : word(names.word + ".weight", {shape.vocabulary, shape.hidden})
    , m_firstPosition(shape.firstPosition)
{
    if (!names.position.empty())
        position = Parameter<T>(names.position + ".weight", {shape.positions, shape.hidden});
    if (!names.norm.empty())
        norm = Norm<T>(names.norm, shape.hidden, shape.normEpsilon);
    if (!names.tokenType.empty())
        tokenType = Parameter<T>(names.tokenType + ".weight", {shape.tokenTypes, shape.hidden});
}

template <class T>
bool Embeddings<T>::isTrainable() const
{
    return word.isTrainable() || position.isTrainable() || tokenType.isTrainable() || norm.isTrainable();
}

template <class T>
void Embeddings<T>::forward(PassContext<T>& context, std::span<const std::int32_t> ids,
                            std::span<const std::int32_t> types, Matrix<T> x, Saved* saved) const
{
    const Arena::Mark start = context.arena->mark();
    Matrix<T> sum = norm.exists() ? context.arena->template matrix<T>(x.rows, x.cols) : x;
    const ConstMatrix<T> positions = position.value();
    const ConstMatrix<T> typeRows = tokenType.value();
    forTokens(context.offsets, [&](std::int32_t token, std::int32_t index) {
        T* row = sum.row(token);
        copyWord(word, ids[token], row);
        if (position.exists())
            addRow(positions.row(m_firstPosition + context.firstPosition + index), row, x.cols);
        if (tokenType.exists())
            addRow(typeRows.row(types.empty() ? 0 : types[token]), row, x.cols);
    });
    if (norm.exists())
        norm.forward(context, sum, x, saved ? &saved->norm : nullptr);
    std::uint64_t key = 0;
    if (context.isDropoutOn && dropoutProbability > 0) {
        key = context.nextDropoutKey();
        dropout<T>(x, dropoutProbability, key, x);
    }
    if (saved) {
        saved->ids = ids;
        saved->types = types;
        saved->dropoutKey = key;
    } else {
        context.arena->release(start);
    }
}

template <class T>
void Embeddings<T>::backward(PassContext<T>& context, const Saved& saved, Matrix<T> dx) const
{
    if (saved.dropoutKey != 0)
        dropout<T>(dx, dropoutProbability, saved.dropoutKey, dx);
    if (norm.exists())
        norm.backward(context, saved.norm, dx);
    const Matrix<T> dPosition = context.gradients->of(position);
    const Matrix<T> dType = context.gradients->of(tokenType);
    forTokens(context.offsets, [&](std::int32_t token, std::int32_t index) {
        const T* row = dx.row(token);
        if (!dPosition.isEmpty())
            addRow(row, dPosition.row(m_firstPosition + index), dx.cols);
        if (!dType.isEmpty())
            addRow(row, dType.row(saved.types.empty() ? 0 : saved.types[token]), dx.cols);
    });
    if (word.isTrainable())
        context.gradients->add(word, [&](Matrix<T> dWord, T) {
            for (std::int64_t token = 0; token < dx.rows; ++token)
                addRow(dx.row(token), dWord.row(saved.ids[static_cast<std::size_t>(token)]), dx.cols);
        });
}

template <class T>
void Embeddings<T>::visitParameters(const std::function<void(Parameter<T>&)>& visit)
{
    visit(word);
    if (position.exists())
        visit(position);
    if (tokenType.exists())
        visit(tokenType);
    if (norm.exists())
        visitNormParameters(norm, visit);
}

template class Embeddings<float>;
template class Embeddings<double>;

} // namespace lora
