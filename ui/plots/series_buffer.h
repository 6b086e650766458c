#pragma once

#include <cstddef>
#include <vector>

namespace lora::ui {

struct PlotPoint
{
    double x = 0;
    double y = 0;

    bool operator==(const PlotPoint&) const = default;
};

/// The points of one curve, x ascending, with their smoothed form and a thinned view for drawing. Non-finite
/// y are kept for export and skipped when drawing and smoothing.
class SeriesBuffer
{
public:
    void append(double x, double y);
    void clear();

    std::size_t size() const { return m_raw.size(); }
    bool empty() const { return m_raw.empty(); }
    const std::vector<PlotPoint>& raw() const { return m_raw; }
    const std::vector<PlotPoint>& smoothed() const { return m_smoothed; }

    /// Weight of TensorBoard's debiased exponential mean: last = w last + (1 - w) y, shown / (1 - w^n). 0 =
    /// none; a constant series stays as it is.
    void setSmoothing(double weight);
    double smoothing() const { return m_weight; }

    /// At most 4 * buckets + 2 points of [from, to] and their neighbours: first, lowest, highest and last of
    /// each bucket, so that no spike is lost.
    static std::vector<PlotPoint> thinned(const std::vector<PlotPoint>& points, double from, double to,
                                          std::size_t buckets);
    /// The point nearest to x; null when empty.
    static const PlotPoint* nearest(const std::vector<PlotPoint>& points, double x);

private:
    void appendSmoothed(const PlotPoint& point);
    void rebuildSmoothed();

    std::vector<PlotPoint> m_raw;
    std::vector<PlotPoint> m_smoothed;
    double m_weight = 0;
    double m_last = 0;
    double m_weightPower = 1; ///< w^n over the finite points so far
    bool m_isConstant = true;
};

} // namespace lora::ui
