#include "core/train/task_metrics.h"

#include <cmath>

namespace lora {

ConfusionMatrix::ConfusionMatrix(std::int64_t classes)
    : m_classes(classes)
    , m_counts(static_cast<std::size_t>(classes * classes))
{}

void ConfusionMatrix::add(std::int32_t truth, std::int32_t predicted)
{
    ++m_counts[static_cast<std::size_t>(truth * m_classes + predicted)];
    ++m_total;
}

double ConfusionMatrix::accuracy() const
{
    std::int64_t right = 0;
    for (std::int64_t c = 0; c < m_classes; ++c)
        right += count(c, c);
    return m_total > 0 ? static_cast<double>(right) / static_cast<double>(m_total) : 0;
}

double ConfusionMatrix::f1Of(std::int64_t positive) const
{
    std::int64_t predicted = 0;
    std::int64_t actual = 0;
    for (std::int64_t c = 0; c < m_classes; ++c) {
        predicted += count(c, positive);
        actual += count(positive, c);
    }
    const std::int64_t both = predicted + actual;
    return both > 0 ? 2.0 * static_cast<double>(count(positive, positive)) / static_cast<double>(both) : 0;
}

double ConfusionMatrix::f1() const
{
    if (m_classes == 2)
        return f1Of(1);
    double sum = 0;
    for (std::int64_t c = 0; c < m_classes; ++c)
        sum += f1Of(c);
    return sum / static_cast<double>(m_classes);
}

double ConfusionMatrix::matthewsCorrelation() const
{
    double right = 0;
    double products = 0;
    double predictedSquares = 0;
    double actualSquares = 0;
    const auto n = static_cast<double>(m_total);
    for (std::int64_t c = 0; c < m_classes; ++c) {
        double predicted = 0;
        double actual = 0;
        for (std::int64_t other = 0; other < m_classes; ++other) {
            predicted += static_cast<double>(count(other, c));
            actual += static_cast<double>(count(c, other));
        }
        right += static_cast<double>(count(c, c));
        products += predicted * actual;
        predictedSquares += predicted * predicted;
        actualSquares += actual * actual;
    }
    const double denominator = std::sqrt((n * n - predictedSquares) * (n * n - actualSquares));
    return denominator > 0 ? (right * n - products) / denominator : 0;
}

} // namespace lora
