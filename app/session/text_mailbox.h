#pragma once

#include "ui/try/try_values.h"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lora::app {

/// A piece of a text being written, or its end.
struct TextPiece
{
    std::uint64_t question = 0;
    ui::TrySide side = ui::TrySide::Adapted;
    std::string text;
    std::optional<ui::TryEnd> end;
};

/// Where the writing thread leaves pieces and the window fetches them; at most one wake-up is under way.
class TextMailbox
{
public:
    explicit TextMailbox(std::function<void()> wake)
        : m_wake(std::move(wake))
    {}

    void post(TextPiece piece)
    {
        {
            const std::lock_guard lock(m_mutex);
            const bool continuesLast = !m_pieces.empty() && !piece.end && !m_pieces.back().end &&
                                       m_pieces.back().question == piece.question &&
                                       m_pieces.back().side == piece.side;
            if (continuesLast)
                m_pieces.back().text += piece.text;
            else
                m_pieces.push_back(std::move(piece));
            if (std::exchange(m_isWakeUnderWay, true))
                return;
        }
        m_wake();
    }

    std::vector<TextPiece> take()
    {
        const std::lock_guard lock(m_mutex);
        m_isWakeUnderWay = false;
        return std::exchange(m_pieces, {});
    }

private:
    const std::function<void()> m_wake;
    std::mutex m_mutex;
    std::vector<TextPiece> m_pieces;
    bool m_isWakeUnderWay = false;
};

} // namespace lora::app
