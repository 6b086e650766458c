#include "core/analysis/student_distribution.h"

#include "core/base/check.h"

#include <cmath>
#include <limits>

namespace lora {

namespace {

/// Lentz's evaluation of the continued fraction of the incomplete beta function.
double betaFraction(double a, double b, double x)
{
    constexpr double tiny = 1e-300;
    constexpr int mostTerms = 500;
    const auto kept = [](double value) { return std::abs(value) < tiny ? tiny : value; };
    double c = 1;
    double d = 1 / kept(1 - (a + b) * x / (a + 1));
    double fraction = d;
    for (int m = 1; m <= mostTerms; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / kept(1 + even * d);
        c = kept(1 + even / c);
        fraction *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / kept(1 + odd * d);
        c = kept(1 + odd / c);
        fraction *= d * c;
        if (std::abs(d * c - 1) < 1e-15)
            break;
    }
    return fraction;
}

/// I_x(a, b); `y` = 1 − x, given apart because it may be tiny.
double incompleteBeta(double a, double b, double x, double y)
{
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(y));
    // The fraction converges fast on this side of the mean alone.
    return x < (a + 1) / (a + b + 2) ? front * betaFraction(a, b, x) / a
                                     : 1 - front * betaFraction(b, a, y) / b;
}

} // namespace

double studentProbability(double t, double degrees)
{
    LORA_ASSERT(degrees > 0);
    const double square = t * t;
    const double tail =
        incompleteBeta(degrees / 2, 0.5, degrees / (degrees + square), square / (degrees + square)) / 2;
    return t > 0 ? 1 - tail : tail;
}

double studentQuantile(double probability, double degrees)
{
    LORA_ASSERT(probability > 0 && probability < 1);
    if (probability < 0.5)
        return -studentQuantile(1 - probability, degrees);
    double low = 0;
    double high = 1;
    while (studentProbability(high, degrees) < probability && high < 1e150)
        high *= 2;
    // Bisection to the last bit: some sixty rounds, and nothing to go wrong.
    for (double middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2)
        (studentProbability(middle, degrees) < probability ? low : high) = middle;
    return high;
}

} // namespace lora
