#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lora {

inline constexpr const char* powercapFolder = "/sys/class/powercap";

/// Energy the processor packages have taken, where the machine tells it: Linux's powercap tree of running
/// average power limits, `<root>/intel-rapl:N/energy_uj` (Intel and AMD alike, documented in the kernel's
/// power/powercap). Many systems let only the administrator read it, and virtual machines mostly have none.
class EnergyMeter
{
public:
    explicit EnergyMeter(std::filesystem::path root = powercapFolder);

    bool isAvailable() const { return !m_packages.empty(); }
    /// Joules since the meter was made; none where the machine does not tell, or stopped to. To be asked at
    /// least once a minute: the counters start again from 0 when they are full.
    std::optional<double> joules();

private:
    struct Package
    {
        std::filesystem::path counter;
        double range = 0; ///< microjoules the counter holds; 0: not told
        double last = 0;
    };

    std::vector<Package> m_packages;
    double m_microjoules = 0;
};

} // namespace lora
