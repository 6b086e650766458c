#pragma once

#include "core/text/aligned_text.h"

namespace lora {

/// What becomes of the parts that match: they vanish, stand alone, join a neighbour, or stand together with
/// their like.
enum class SplitBehavior { Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous };

/// Collects matched parts and the parts between them of one piece of text into smaller pieces.
class Splitter
{
public:
    /// Positions given and made are in the whole text; `piece` is a range of it.
    Splitter(PieceText::Range piece, SplitBehavior behavior, std::vector<PieceText::Range>& pieces)
        : m_pieces(pieces)
        , m_behavior(behavior)
        , m_start(piece.begin)
        , m_position(piece.begin)
        , m_end(piece.end)
    {}

    /// The next part ends at `end`.
    void add(std::size_t end, bool isMatch)
    {
        if (isCut(isMatch))
            cut(m_position);
        if (m_behavior == SplitBehavior::Removed && isMatch)
            m_start = end;
        m_position = end;
        m_wasMatch = isMatch;
    }
    void finish() { cut(m_end); }

private:
    /// Whether a piece ends between the last part and the next one.
    bool isCut(bool isMatch) const
    {
        switch (m_behavior) {
        case SplitBehavior::Removed:
        case SplitBehavior::Isolated:
            return true;
        case SplitBehavior::Contiguous:
            return isMatch != m_wasMatch;
        case SplitBehavior::MergedWithPrevious:
            return m_wasMatch || !isMatch;
        case SplitBehavior::MergedWithNext:
            return !m_wasMatch || isMatch;
        }
        return true;
    }
    void cut(std::size_t end)
    {
        if (end > m_start)
            m_pieces.push_back({m_start, end});
        m_start = end;
    }

    std::vector<PieceText::Range>& m_pieces;
    SplitBehavior m_behavior;
    std::size_t m_start;    ///< of the piece being collected
    std::size_t m_position; ///< end of the last part
    std::size_t m_end;
    bool m_wasMatch = false;
};

} // namespace lora
