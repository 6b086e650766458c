#pragma once

#include "core/config/task.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace lora {

/// Counts of (true class, predicted class) pairs, from which the classification metrics follow.
class ConfusionMatrix
{
public:
    explicit ConfusionMatrix(std::int64_t classes);

    void add(std::int32_t truth, std::int32_t predicted);
    std::int64_t total() const { return m_total; }

    double accuracy() const;
    /// Two classes: F1 of class 1, as scikit-learn's default; more: mean over classes (macro).
    double f1() const;
    /// Matthews correlation, Gorodkin's form for more than two classes; 0 where it is undefined.
    double matthewsCorrelation() const;

private:
    std::int64_t count(std::int64_t truth, std::int64_t predicted) const
    {
        return m_counts[static_cast<std::size_t>(truth * m_classes + predicted)];
    }
    double f1Of(std::int64_t positive) const;

    std::int64_t m_classes;
    std::int64_t m_total = 0;
    std::vector<std::int64_t> m_counts;
};

/// Index of the largest entry, the first of equals.
template <class T>
std::int32_t argMax(std::span<const T> values)
{
    std::size_t best = 0;
    for (std::size_t i = 1; i < values.size(); ++i)
        if (values[i] > values[best])
            best = i;
    return static_cast<std::int32_t>(best);
}

} // namespace lora
