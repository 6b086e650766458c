#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <vector>

namespace lora {

/// A weight whose gradient all workers add to in one place.
struct SharedGradient
{
    std::int64_t offset = 0; ///< Parameter::gradientOffset
    std::int64_t size = 0;   ///< numbers
    bool isSparse = false;   ///< few rows are added to: cleared ahead, not overwritten by who comes first
};

/// The order in which workers add to the gradients they share, so that sums do not depend on who is fast.
/// Each worker takes its share of a step in pieces and adds to every shared gradient once in a piece: first
/// come all workers' first pieces, in the order of the workers, then all second ones. Workers on their way
/// down the same layers follow one product behind each other and hardly wait. Waiting never goes round in a
/// circle, in whatever order gradients are met: one waits for earlier pieces, or for workers of lower index
/// with the same piece.
class GradientTurns
{
public:
    GradientTurns(std::vector<SharedGradient> shared, int workers);

    const std::vector<SharedGradient>& shared() const { return m_shared; } ///< by offset
    /// Index of the shared gradient at an offset; -1: each worker has its own.
    int indexOf(std::int64_t offset) const;
    /// Numbers of shared gradients that begin below an offset.
    std::int64_t sharedBelow(std::int64_t offset) const;

    /// A step in which workers have so many pieces; before they begin.
    void beginStep(std::span<const std::int32_t> pieces);
    bool hasPieces() const { return m_hasPieces; }
    void beginPiece(int worker);
    /// Waits for the worker's turn. Whether nobody has added anything in this step. Throws what ended another
    /// worker's work.
    bool take(int index, int worker);
    /// Hands on to the next.
    void pass(int index, int worker);
    bool isTaken(int index, int worker) const;
    /// This worker will not come again: those who wait for it are thrown `error`.
    void abandon(std::exception_ptr error) noexcept;

private:
    struct alignas(64) Worker
    {
        std::int32_t pieces = 0; ///< of this step
        std::int32_t piece = -1;
        std::int32_t turn = 0; ///< of this piece, at every gradient
        std::vector<std::int32_t> taken;
    };

    std::vector<SharedGradient> m_shared;
    std::vector<std::int64_t> m_before; ///< numbers of the shared gradients below each, and of all
    std::vector<std::atomic<std::int32_t>> m_turns;
    std::vector<Worker> m_workers;
    bool m_hasPieces = false;
    std::atomic<bool> m_isAbandoned{false};
    std::atomic_flag m_hasError;
    std::exception_ptr m_error;
};

} // namespace lora
