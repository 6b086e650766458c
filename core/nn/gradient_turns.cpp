#include "core/nn/gradient_turns.h"

#include "core/math/matrix.h"

#include <algorithm>

namespace lora {

GradientTurns::GradientTurns(std::vector<SharedGradient> shared, int workers)
    : m_shared(std::move(shared))
    , m_before(1, 0)
    , m_turns(m_shared.size())
    , m_workers(static_cast<std::size_t>(workers))
{
    std::ranges::sort(m_shared, {}, &SharedGradient::offset);
    for (const SharedGradient& gradient : m_shared)
        m_before.push_back(m_before.back() + gradient.size);
    for (Worker& worker : m_workers)
        worker.taken.resize(m_shared.size());
}

int GradientTurns::indexOf(std::int64_t offset) const
{
    const auto at = std::ranges::lower_bound(m_shared, offset, {}, &SharedGradient::offset);
    return at != m_shared.end() && at->offset == offset ? static_cast<int>(at - m_shared.begin()) : -1;
}

std::int64_t GradientTurns::sharedBelow(std::int64_t offset) const
{
    const auto at = std::ranges::lower_bound(m_shared, offset, {}, &SharedGradient::offset);
    return m_before[static_cast<std::size_t>(at - m_shared.begin())];
}

void GradientTurns::beginStep(std::span<const std::int32_t> pieces)
{
    LORA_ASSERT(pieces.size() == m_workers.size());
    m_hasPieces = false;
    for (std::size_t w = 0; w < m_workers.size(); ++w) {
        Worker& worker = m_workers[w];
        worker.pieces = pieces[w];
        worker.piece = -1;
        std::ranges::fill(worker.taken, -1);
        m_hasPieces = m_hasPieces || pieces[w] > 0;
    }
    for (std::atomic<std::int32_t>& turn : m_turns)
        turn.store(0, std::memory_order_relaxed);
    m_error = nullptr;
    m_hasError.clear();
    m_isAbandoned = false;
}

void GradientTurns::beginPiece(int worker)
{
    Worker& self = m_workers[static_cast<std::size_t>(worker)];
    ++self.piece;
    LORA_ASSERT(self.piece < self.pieces);
    self.turn = 0; // how many pieces come before this one
    for (int other = 0; other < static_cast<int>(m_workers.size()); ++other)
        self.turn += std::min(m_workers[static_cast<std::size_t>(other)].pieces,
                              self.piece + (other < worker ? 1 : 0));
}

bool GradientTurns::take(int index, int worker)
{
    Worker& self = m_workers[static_cast<std::size_t>(worker)];
    const auto at = static_cast<std::size_t>(index);
    LORA_ASSERT(self.taken[at] != self.turn); // once in a piece
    std::atomic<std::int32_t>& turn = m_turns[at];
    for (std::int32_t now = turn.load(); now != self.turn; now = turn.load()) {
        if (m_isAbandoned)
            std::rethrow_exception(m_error);
        turn.wait(now);
    }
    self.taken[at] = self.turn;
    return self.turn == 0;
}

void GradientTurns::pass(int index, int worker)
{
    std::atomic<std::int32_t>& turn = m_turns[static_cast<std::size_t>(index)];
    turn.store(m_workers[static_cast<std::size_t>(worker)].turn + 1);
    turn.notify_all();
}

bool GradientTurns::isTaken(int index, int worker) const
{
    const Worker& self = m_workers[static_cast<std::size_t>(worker)];
    return self.taken[static_cast<std::size_t>(index)] == self.turn;
}

void GradientTurns::abandon(std::exception_ptr error) noexcept
{
    if (m_hasError.test_and_set())
        return;
    m_error = std::move(error);
    m_isAbandoned = true;
    // A number nobody waits for. Whoever is adding right now may write its own over it, which is as new to
    // those who wait.
    for (std::atomic<std::int32_t>& turn : m_turns) {
        turn.store(-1);
        turn.notify_all();
    }
}

} // namespace lora
