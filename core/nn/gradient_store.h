#pragma once

#include "core/nn/gradient_turns.h"
#include "core/nn/parameter.h"

#include <algorithm>
#include <vector>

namespace lora {

/// Gradients of all trainable parameters, one after the other in one block. Every worker has a store; the
/// gradients in `turns` lie in the first worker's alone, where all add to them in turn, and are left out of
/// the others' blocks.
template <class T>
class GradientStore
{
public:
    /// All gradients: of the only worker, of one that shares nothing, or the first of those that share.
    explicit GradientStore(std::int64_t size, GradientTurns* turns = nullptr)
        : m_values(static_cast<std::size_t>(size))
        , m_turns(turns)
    {}
    /// Of a further worker, with what is not shared; `first` has to outlive it.
    GradientStore(GradientStore& first, std::int64_t size, int worker)
        : m_values(static_cast<std::size_t>(size - first.m_turns->sharedBelow(size)))
        , m_turns(first.m_turns)
        , m_first(&first)
        , m_worker(worker)
    {}

    /// Gradient of `parameter`, shaped as its value; empty while it is frozen. A shared one may be read
    /// between steps, and is added to through `add`.
    Matrix<T> of(const Parameter<T>& parameter)
    {
        if (!parameter.isTrainable())
            return {};
        const ConstMatrix<T> value = parameter.value();
        const std::int64_t offset = parameter.gradientOffset();
        T* data = m_first && m_turns->indexOf(offset) >= 0 ? m_first->m_values.data() + offset
                                                           : m_values.data() + ownOffset(offset);
        return {data, value.rows, value.cols};
    }
    /// Calls add(gradient, keep), when it is this worker's turn if the gradient is shared. That has to make
    /// it keep · gradient + what there is to add; keep is 0 or 1.
    template <class Add>
    void add(const Parameter<T>& parameter, const Add& add)
    {
        const int index = m_turns ? m_turns->indexOf(parameter.gradientOffset()) : -1;
        if (index < 0) {
            add(of(parameter), T(1));
            return;
        }
        const bool isFirst = m_turns->take(index, m_worker);
        add(of(parameter),
            isFirst && !m_turns->shared()[static_cast<std::size_t>(index)].isSparse ? T(0) : T(1));
        m_turns->pass(index, m_worker);
    }
    /// Where a gradient that is not shared begins in this store's block.
    std::int64_t ownOffset(std::int64_t offset) const
    {
        return m_first ? offset - m_turns->sharedBelow(offset) : offset;
    }

    /// Before a step: what this worker alone adds to becomes 0, and its part of what is sparse.
    void clear(int workers);
    void beginPiece()
    {
        if (m_turns)
            m_turns->beginPiece(m_worker);
    }
    /// Hands on the turns of gradients the piece had nothing for.
    void endPiece();

    std::vector<T>& values() { return m_values; }
    const std::vector<T>& values() const { return m_values; }

private:
    T* sharedValues() { return m_first ? m_first->m_values.data() : m_values.data(); }

    std::vector<T> m_values;
    GradientTurns* m_turns = nullptr;
    GradientStore* m_first = nullptr; ///< null: this is it
    int m_worker = 0;
};

template <class T>
void GradientStore<T>::clear(int workers)
{
    if (!m_turns || m_first || !m_turns->hasPieces()) {
        std::fill(m_values.begin(), m_values.end(), T(0));
    } else {
        std::int64_t done = 0;
        for (const SharedGradient& gradient : m_turns->shared()) {
            std::fill(m_values.begin() + done, m_values.begin() + gradient.offset, T(0));
            done = gradient.offset + gradient.size;
        }
        std::fill(m_values.begin() + done, m_values.end(), T(0));
    }
    if (!m_turns || !m_turns->hasPieces())
        return; // in a step without pieces the first worker has cleared everything
    for (const SharedGradient& gradient : m_turns->shared())
        if (gradient.isSparse)
            std::fill(sharedValues() + gradient.offset + gradient.size * m_worker / workers,
                      sharedValues() + gradient.offset + gradient.size * (m_worker + 1) / workers, T(0));
}

template <class T>
void GradientStore<T>::endPiece()
{
    for (int index = 0; m_turns && index < static_cast<int>(m_turns->shared().size()); ++index) {
        if (m_turns->isTaken(index, m_worker))
            continue;
        const SharedGradient& gradient = m_turns->shared()[static_cast<std::size_t>(index)];
        if (m_turns->take(index, m_worker) && !gradient.isSparse)
            std::fill_n(sharedValues() + gradient.offset, gradient.size, T(0));
        m_turns->pass(index, m_worker);
    }
}

} // namespace lora
