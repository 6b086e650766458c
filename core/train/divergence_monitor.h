#pragma once

#include <string>

namespace lora {

/// Notices that a run has gone wrong: a loss or gradient that is not a number at once, a loss far above what
/// was reached when it stays there.
class DivergenceMonitor
{
public:
    /// Why training has to stop, or empty.
    std::string check(double loss, double gradNorm);

private:
    double m_smoothed = 0;
    double m_lowest = 0;
    int m_seen = 0;
    int m_stepsAbove = 0;
};

} // namespace lora
