#include "ui/plots/series_buffer.h"

#include <algorithm>
#include <cmath>

namespace lora::ui {

void SeriesBuffer::append(double x, double y)
{
    if (!m_raw.empty() && x < m_raw.back().x)
        return; // a repeated or reordered step would break the search by x
    m_raw.push_back({x, y});
    const bool wasConstant = m_isConstant;
    if (std::isfinite(y) && !m_smoothed.empty() && y != m_smoothed.front().y)
        m_isConstant = false;
    if (wasConstant && !m_isConstant)
        rebuildSmoothed();
    else
        appendSmoothed(m_raw.back());
}

void SeriesBuffer::clear()
{
    const double weight = m_weight;
    *this = SeriesBuffer();
    m_weight = weight;
}

void SeriesBuffer::setSmoothing(double weight)
{
    m_weight = std::clamp(weight, 0.0, 0.999);
    rebuildSmoothed();
}

void SeriesBuffer::appendSmoothed(const PlotPoint& point)
{
    if (!std::isfinite(point.y))
        return;
    m_last = m_weight * m_last + (1 - m_weight) * point.y;
    m_weightPower *= m_weight;
    m_smoothed.push_back({point.x, m_isConstant ? point.y : m_last / (1 - m_weightPower)});
}

void SeriesBuffer::rebuildSmoothed()
{
    m_smoothed.clear();
    m_last = 0;
    m_weightPower = 1;
    for (const PlotPoint& point : m_raw)
        appendSmoothed(point);
}

namespace {

/// First, lowest, highest and last point of [begin, end) in the order of x.
void appendExtremes(const PlotPoint* begin, const PlotPoint* end, std::vector<PlotPoint>& out)
{
    if (end - begin <= 4) {
        out.insert(out.end(), begin, end);
        return;
    }
    const auto lower = [](const PlotPoint& a, const PlotPoint& b) { return a.y < b.y; };
    auto [lowest, highest] = std::minmax_element(begin, end, lower);
    const PlotPoint* inner[2] = {std::min(lowest, highest), std::max(lowest, highest)};
    out.push_back(*begin);
    for (const PlotPoint* point : inner) {
        if (point != begin && point != end - 1)
            out.push_back(*point);
    }
    out.push_back(*(end - 1));
}

} // namespace

std::vector<PlotPoint> SeriesBuffer::thinned(const std::vector<PlotPoint>& points, double from, double to,
                                             std::size_t buckets)
{
    const auto before = [](const PlotPoint& point, double x) { return point.x < x; };
    auto first = std::lower_bound(points.begin(), points.end(), from, before);
    auto last = std::lower_bound(first, points.end(), to, before);
    // One neighbour on each side, so that the line runs to the plot's edge.
    if (first != points.begin())
        --first;
    if (last != points.end())
        ++last;
    if (last != points.end())
        ++last;
    std::vector<PlotPoint> out;
    const auto count = static_cast<std::size_t>(last - first);
    buckets = std::max<std::size_t>(1, buckets);
    out.reserve(std::min(count, 4 * buckets + 2));
    if (count <= 4 * buckets) {
        std::copy_if(first, last, std::back_inserter(out),
                     [](const PlotPoint& p) { return std::isfinite(p.y); });
        return out;
    }
    std::vector<PlotPoint> finite;
    const double begin = first->x;
    const double width = ((last - 1)->x - begin) / static_cast<double>(buckets);
    auto position = first;
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        finite.clear();
        const double end = begin + width * static_cast<double>(bucket + 1);
        for (; position != last && (position->x < end || bucket + 1 == buckets); ++position) {
            if (std::isfinite(position->y))
                finite.push_back(*position);
        }
        appendExtremes(finite.data(), finite.data() + finite.size(), out);
    }
    return out;
}

const PlotPoint* SeriesBuffer::nearest(const std::vector<PlotPoint>& points, double x)
{
    if (points.empty())
        return nullptr;
    const auto right = std::lower_bound(points.begin(), points.end(), x,
                                        [](const PlotPoint& point, double value) { return point.x < value; });
    if (right == points.begin())
        return &points.front();
    if (right == points.end())
        return &points.back();
    const auto left = right - 1;
    return x - left->x <= right->x - x ? &*left : &*right;
}

} // namespace lora::ui
