#pragma once

#include <algorithm>
#include <cstdint>

namespace lora {

/// An Arena that only counts.
class Tally
{
public:
    void take(std::int64_t rows, std::int64_t cols)
    {
        constexpr std::int64_t alignment = 64;
        const std::int64_t bytes = std::max<std::int64_t>(1, rows * cols * 4);
        m_used += (bytes + alignment - 1) / alignment * alignment;
        m_peak = std::max(m_peak, m_used);
    }
    std::int64_t mark() const { return m_used; }
    void release(std::int64_t mark) { m_used = mark; }
    std::int64_t peak() const { return m_peak; }

private:
    std::int64_t m_used = 0;
    std::int64_t m_peak = 0;
};

class TallyScope
{
public:
    explicit TallyScope(Tally& tally)
        : m_tally(tally)
        , m_mark(tally.mark())
    {}
    ~TallyScope() { m_tally.release(m_mark); }
    TallyScope(const TallyScope&) = delete;
    TallyScope& operator=(const TallyScope&) = delete;

private:
    Tally& m_tally;
    std::int64_t m_mark;
};

} // namespace lora
