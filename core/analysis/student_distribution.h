#pragma once

namespace lora {

/// P(T <= t) of Student's t distribution with `degrees` > 0 degrees of freedom, by the continued fraction of
/// the incomplete beta function (Abramowitz, Stegun 1964, 26.5.8 and 26.7.1). Accurate to about 1e-12.
double studentProbability(double t, double degrees);

/// The t below which lies `probability`, in (0, 1).
double studentQuantile(double probability, double degrees);

} // namespace lora
